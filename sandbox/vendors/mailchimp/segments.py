"""Static segments, which are what people see as tags: one name, one set of members.

A tag that does not exist yet is made by its first use. Addresses that are not in the audience, or archived, are passed
over, and told in ``errors``. More than 500 a call are refused.
"""

from __future__ import annotations

from typing import Any

from sandbox.context import Context
from sandbox.vendors.mailchimp.gate import LIST_ID, Call, Problem, invalid, not_found
from sandbox.vendors.mailchimp.members import Members

MOST_MEMBERS, FIRST_ID, MOST_NAME = 500, 3_400, 100
TABLES = (
    "create table if not exists mailchimp_segments (id integer primary key, name text not null unique)",
    """create table if not exists mailchimp_tagged (
        segment_id integer not null, contact_id text not null, primary key (segment_id, contact_id))""",
)


class Segments:
    """The calls on segments and on a member's tags."""

    def __init__(self, context: Context, members: Members) -> None:
        self._state, self._members = context.state, members
        for table in TABLES:
            self._state.execute(table)

    def names_of(self, contact_id: str) -> list[dict[str, Any]]:
        query = """select id, name from mailchimp_segments join mailchimp_tagged on id = segment_id
            where contact_id = ? order by id"""
        return [{"id": key, "name": name} for key, name in self._state.rows(query, (contact_id,))]

    def index(self, call: Call) -> dict[str, Any]:
        found = self._state.rows("select id from mailchimp_segments order by id")
        rows = [] if call.params.get("type") == "saved" else [self._document(key) for (key,) in found]
        return {**call.page(rows, "segments"), "list_id": LIST_ID}

    def create(self, call: Call) -> dict[str, Any]:
        name, emails = str(call.body.get("name") or "").strip(), call.body.get("static_segment")
        if not name or len(name) > MOST_NAME:
            raise invalid("name", f"A name has 1 to {MOST_NAME} characters.")
        if not isinstance(emails, list):
            raise invalid("static_segment", "Only static segments are served here.")
        if self._find(name) is not None:
            raise Problem(400, "Bad Request", "Sorry, that tag already exists.")
        key = self._make(name)
        self._change(key, emails, [])
        return self._document(key)

    def get(self, call: Call) -> dict[str, Any]:
        return self._document(self._known(call))

    def delete(self, call: Call) -> None:
        key = self._known(call)
        self._state.execute("delete from mailchimp_segments where id = ?", (key,))
        self._state.execute("delete from mailchimp_tagged where segment_id = ?", (key,))

    def members(self, call: Call) -> dict[str, Any]:
        rows = [self._members.document(row) for row in self._rows(self._known(call))]
        return call.page(rows, "members")

    def change_members(self, call: Call) -> dict[str, Any]:
        added, removed = (call.body.get(f"members_to_{verb}") or [] for verb in ("add", "remove"))
        for name, emails in (("members_to_add", added), ("members_to_remove", removed)):
            if len(emails) > MOST_MEMBERS:
                raise invalid(name, f"This collection should contain {MOST_MEMBERS} elements or less.")
        return self._change(self._known(call), added, removed)

    def tags(self, call: Call) -> dict[str, Any]:
        return call.page(self.names_of(self._members.known(call)["contact_id"]), "tags")

    def change_tags(self, call: Call) -> None:
        row, tags = self._members.known(call), call.body.get("tags")
        if not isinstance(tags, list) or any(tag.get("status") not in ("active", "inactive") for tag in tags):
            raise invalid("tags", "Each tag needs a name and the status active or inactive.")
        for tag in tags:
            key = self._find(tag["name"])
            if tag["status"] == "active":
                values = (self._make(tag["name"]) if key is None else key, row["contact_id"])
                self._state.execute("insert or ignore into mailchimp_tagged values (?, ?)", values)
            elif key is not None:
                self._untag(key, row["contact_id"])

    def _change(self, key: int, added: list[str], removed: list[str]) -> dict[str, Any]:
        done: dict[str, list[Any]] = {"added": [], "removed": []}
        missing = []
        for verb, emails in (("added", added), ("removed", removed)):
            for email in emails:
                row = self._members.find(email) if "@" in email else None
                if row is None or row["archived"]:
                    missing.append(email)
                elif verb == "added":
                    values = (key, row["contact_id"])
                    self._state.execute("insert or ignore into mailchimp_tagged values (?, ?)", values)
                    done[verb].append(self._members.document(row))
                else:
                    self._untag(key, row["contact_id"])
                    done[verb].append(self._members.document(row))
        error = "Email addresses are not subscribed to the list."
        return {
            "members_added": done["added"],
            "members_removed": done["removed"],
            "errors": [{"email_addresses": missing, "error": error}] if missing else [],
            "total_added": len(done["added"]),
            "total_removed": len(done["removed"]),
            "error_count": len(missing),
        }

    def _untag(self, key: int, contact_id: str) -> None:
        query = "delete from mailchimp_tagged where segment_id = ? and contact_id = ?"
        self._state.execute(query, (key, contact_id))

    def _find(self, name: str) -> int | None:
        found = self._state.rows("select id from mailchimp_segments where name = ?", (name,))
        return int(found[0][0]) if found else None

    def _make(self, name: str) -> int:
        query = f"insert into mailchimp_segments select coalesce(max(id), {FIRST_ID}) + 1, ? from mailchimp_segments"
        self._state.execute(query, (name,))
        return int(self._find(name) or 0)

    def _known(self, call: Call) -> int:
        key = int(call.parts["segment"])
        if not self._state.rows("select 1 from mailchimp_segments where id = ?", (key,)):
            raise not_found()
        return key

    def _rows(self, key: int) -> list[dict[str, Any]]:
        tagged = "(select contact_id from mailchimp_tagged where segment_id = ?)"
        return self._members.rows(f"where not archived and contact_id in {tagged}", key)

    def _document(self, key: int) -> dict[str, Any]:
        ((name,),) = self._state.rows("select name from mailchimp_segments where id = ?", (key,))
        return {"id": key, "name": name, "member_count": len(self._rows(key)), "type": "static", "list_id": LIST_ID}
