"""Merge fields: what a list keeps of its members beside the address. Tags have ten characters at most, and a type."""

from __future__ import annotations

import re
from typing import Any

from sandbox.context import Context
from sandbox.vendors.mailchimp.gate import LIST_ID, Call, Problem, invalid

TYPES = ("text", "number", "date", "phone", "url", "zip", "dropdown", "radio", "birthday", "address", "imageurl")
MOST_TAG, MOST_TEXT, MOST_FIELDS = 10, 255, 80
TABLE = """create table if not exists mailchimp_fields (
    merge_id integer primary key, tag text not null unique, name text not null, type text not null,
    required integer not null)"""


class Fields:
    """The calls on merge fields, and the check of values."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        self._state.execute(TABLE)
        if not self._state.rows("select 1 from mailchimp_fields"):
            names = (("FNAME", "First Name"), ("LNAME", "Last Name"))
            query = "insert into mailchimp_fields (tag, name, type, required) values (?, ?, 'text', 0)"
            self._state.execute_many(query, names)

    def _rows(self) -> list[dict[str, Any]]:
        names = ("merge_id", "tag", "name", "type", "required")
        found = self._state.rows(f"select {', '.join(names)} from mailchimp_fields order by merge_id")
        rows = [dict(zip(names, row, strict=True)) for row in found]
        return [row | {"required": bool(row["required"]), "list_id": LIST_ID} for row in rows]

    def index(self, call: Call) -> dict[str, Any]:
        return call.page(self._rows(), "merge_fields")

    def create(self, call: Call) -> dict[str, Any]:
        name, kind, tag = (str(call.body.get(key) or "") for key in ("name", "type", "tag"))
        rows = self._rows()
        if not name or kind not in TYPES:
            raise invalid("name" if not name else "type", "This value should not be blank.")
        tag = tag.upper() or re.sub(r"\W", "", name).upper()[:MOST_TAG]
        if not re.fullmatch(rf"[A-Z0-9_]{{1,{MOST_TAG}}}", tag):
            raise invalid("tag", f"Merge tags have at most {MOST_TAG} letters, digits and underscores.")
        if any(row["tag"] == tag for row in rows):
            raise Problem(400, "Bad Request", f'A Merge Field with the tag "{tag}" already exists for this list.')
        if len(rows) >= MOST_FIELDS:
            raise Problem(400, "Bad Request", f"A list has at most {MOST_FIELDS} merge fields.")
        self._state.execute(
            "insert into mailchimp_fields (tag, name, type, required) values (?, ?, ?, ?)",
            (tag, name, kind, int(bool(call.body.get("required")))),
        )
        return self._rows()[-1]

    def checked(self, given: Any, before: dict[str, Any], *, is_required: bool) -> dict[str, Any]:
        """The values after a write. Unknown tags are passed over without a word, as Mailchimp does."""
        given = given if isinstance(given, dict) else {}
        after = {}
        for row in self._rows():
            value = given.get(row["tag"], before.get(row["tag"], ""))
            if is_required and row["required"] and value in ("", None):
                raise invalid(row["tag"], "This field is required.")
            if row["type"] == "number" and value not in ("", None) and not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
                raise invalid(row["tag"], "Please enter a number.")
            if row["type"] == "text" and len(str(value)) > MOST_TEXT:
                raise invalid(row["tag"], f"Please enter a value of at most {MOST_TEXT} characters.")
            after[row["tag"]] = "" if value is None else value
        return after
