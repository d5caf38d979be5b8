"""Members of the one audience and the rules of their status.

- ``status`` changes a member, ``status_if_new`` only makes one. Who unsubscribed or bounced (cleaned) can't be set
  subscribed by the API (400 "Member In Compliance State"), only pending, upon which the person has to confirm.
- DELETE archives: data and tags stay, and a write with a status brings the member back. Without one it stays archived.
- delete-permanent forgets, and the address can't be imported again.
- An address that looks fake (no dot in its domain, or one of ``fake.example``) is refused with 400.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.mailchimp.fields import Fields
from sandbox.vendors.mailchimp.gate import LIST_ID, Call, Problem, invalid, not_found

STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
COMPLIANCE = ("unsubscribed", "cleaned")
MOST_MEMBERS = 500
EMAIL = re.compile(r"[^@\s]+@(?!fake\.example$)[^@\s]+\.[^@\s.]+", re.IGNORECASE)
TABLES = (
    """create table if not exists mailchimp_members (
        key text primary key, contact_id text not null unique, email text not null, status text not null,
        archived integer not null, fields text not null, changed text not null)""",
    "create table if not exists mailchimp_forgotten (key text primary key)",
)
COLUMNS = ("key", "contact_id", "email", "status", "archived", "fields", "changed")

Row = dict[str, Any]


def hashed(email: str) -> str:
    return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


class Members:
    """The calls on members. ``tags_of``: contact id -> tags."""

    def __init__(self, context: Context, fields: Fields) -> None:
        self._context, self._state, self._fields = context, context.state, fields
        self.tags_of: Callable[[str], list[dict[str, Any]]] = lambda _: []
        for table in TABLES:
            self._state.execute(table)

    def rows(self, condition: str = "", *values: Any) -> list[Row]:
        query = f"select {', '.join(COLUMNS)} from mailchimp_members {condition} order by rowid"
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._state.rows(query, values)]

    def find(self, key: str) -> Row | None:
        """By MD5 of the lower-case address, by the address, or by contact id."""
        key = hashed(key) if "@" in key else key.lower()
        found = self.rows("where key = ? or contact_id = ?", key, key)
        return found[0] if found else None

    def known(self, call: Call) -> Row:
        found = self.find(call.parts["key"])
        if found is None:
            raise not_found()
        return found

    def document(self, row: Row) -> Row:
        tags = self.tags_of(row["contact_id"])
        return {
            "id": row["key"],
            "email_address": row["email"],
            "unique_email_id": row["contact_id"][:10],
            "contact_id": row["contact_id"],
            "status": "archived" if row["archived"] else row["status"],
            "merge_fields": orjson.loads(row["fields"]),
            "tags_count": len(tags),
            "tags": tags,
            "last_changed": row["changed"],
            "list_id": LIST_ID,
        }

    def audience(self, _: Call) -> Row:
        count = len(self.rows("where not archived and status = 'subscribed'"))
        return {"id": LIST_ID, "name": "Selvage Demo", "stats": {"member_count": count}}

    def index(self, call: Call) -> Row:
        status = call.params.get("status")
        found = [self.document(row) for row in self.rows()]
        shown = [one for one in found if one["status"] == status or (not status and one["status"] != "archived")]
        return {**call.page(shown, "members"), "list_id": LIST_ID}

    def get(self, call: Call) -> Row:
        return self.document(self.known(call))

    def create(self, call: Call) -> Row:
        email = str(call.body.get("email_address") or "")
        found = self.find(email) if "@" in email else None
        if found and not found["archived"]:
            detail = f"{email} is already a list member. Use PUT to insert or update list members."
            raise Problem(400, "Member Exists", detail)
        return self._write(found, call.body, call, call.body.get("status"))

    def put(self, call: Call) -> Row:
        return self._write(self.find(call.parts["key"]), call.body, call, call.body.get("status_if_new"))

    def patch(self, call: Call) -> Row:
        return self._write(self.known(call), call.body, call, None)

    def many(self, call: Call) -> Row:
        """Up to 500 members: always 200, whatever became of the rows."""
        rows = call.body.get("members")
        if not isinstance(rows, list) or len(rows) > MOST_MEMBERS:
            raise invalid("members", f"This collection should contain {MOST_MEMBERS} elements or less.")
        new: list[Row] = []
        updated: list[Row] = []
        errors: list[Row] = []
        for row in rows:
            email = str(row.get("email_address") or "")
            found = self.find(email) if "@" in email else None
            try:
                if found and not found["archived"] and not call.body.get("update_existing"):
                    raise Problem(400, "Member Exists", f"{email} is already a list member.")
                (updated if found else new).append(self._write(found, row, call, row.get("status")))
            except Problem as problem:
                title, detail = str(problem.body["title"]), str(problem.body["detail"])
                code = "ERROR_CONTACT_EXISTS" if title == "Member Exists" else "ERROR_GENERIC"
                wrong: Row = (problem.body.get("errors") or [{"field": "", "message": detail}])[0]
                error = {"email_address": email, "error": wrong["message"], "error_code": code}
                errors.append({**error, "field": wrong["field"], "field_message": ""})
        counts = {"total_created": len(new), "total_updated": len(updated), "error_count": len(errors)}
        return {"new_members": new, "updated_members": updated, "errors": errors, **counts}

    def archive(self, call: Call) -> None:
        row = self.known(call)
        if row["archived"]:
            raise Problem(405, "Method Not Allowed", "This list member cannot be removed. Please contact support.")
        self._state.execute("update mailchimp_members set archived = 1 where key = ?", (row["key"],))

    def forget(self, call: Call) -> None:
        row = self.known(call)
        self._state.execute("insert or ignore into mailchimp_forgotten values (?)", (row["key"],))
        self._state.execute("delete from mailchimp_members where key = ?", (row["key"],))
        self._state.execute("delete from mailchimp_tagged where contact_id = ?", (row["contact_id"],))

    def believed(self) -> Row:
        """Everybody, told to tests only."""
        forgotten = [key for (key,) in self._state.rows("select key from mailchimp_forgotten")]
        return {"members": [self.document(row) for row in self.rows()], "forgotten": forgotten}

    def _write(self, before: Row | None, body: Row, call: Call, status_if_new: Any) -> Row:
        email = str(body.get("email_address") or (before or {}).get("email") or "").strip()
        status = body.get("status")
        if not EMAIL.fullmatch(email):
            detail = f"{email} looks fake or invalid, please enter a real email address."
            raise Problem(400, "Invalid Resource", detail)
        for value, name in ((status, "status"), (status_if_new, "status_if_new")):
            if value is not None and value not in STATUSES:
                raise invalid(name, f"Value must be one of: {', '.join(STATUSES)}")
        key = hashed(email)
        if before is None or before["key"] != key:
            if self._state.rows("select 1 from mailchimp_forgotten where key = ?", (key,)):
                detail = f"{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe."
                raise Problem(400, "Forgotten Email Not Subscribed", detail)
            if before is not None and self.find(email):
                raise Problem(400, "Member Exists", f"{email} is already a list member.")
        if before is None and status_if_new is None:
            raise invalid("status_if_new" if status is None else "status", "This value should not be blank.")
        if before and before["status"] in COMPLIANCE and status in ("subscribed", "transactional"):
            why = "is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
            raise Problem(400, "Member In Compliance State", f"{email} {why}")
        is_required = call.params.get("skip_merge_validation") != "true"
        old = orjson.loads(before["fields"]) if before else {}
        fields = self._fields.checked(body.get("merge_fields"), old, is_required=is_required)
        row: Row = {
            "key": key,
            "contact_id": before["contact_id"] if before else uuid.uuid4().hex,
            "email": email,
            "status": status or (before["status"] if before else status_if_new),
            "archived": int(bool(before and before["archived"] and status is None)),
            "fields": orjson.dumps(fields).decode(),
            "changed": self._context.clock.now.isoformat(),
        }
        if before:
            self._state.execute("delete from mailchimp_members where key = ?", (before["key"],))
        marks = ", ".join("?" for _ in COLUMNS)
        self._state.execute(f"insert into mailchimp_members values ({marks})", tuple(row[name] for name in COLUMNS))
        return self.document(row)
