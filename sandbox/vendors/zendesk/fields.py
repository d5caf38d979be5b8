"""User fields: their definitions, and what values each type takes.

- A field is made by an admin and has a key of its own; a key that is taken, or has other signs than letters, digits,
  underscore and hyphen, or is a number, is refused with 422.
- A value for a key that no field has is ignored without a word.
- A dropdown takes the tags of its options alone. A checkbox and a dropdown put a tag on the user; the others do not.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.zendesk.gate import ApiError, Call, cursor_of

Row = dict[str, Any]
TYPES = ("text", "textarea", "integer", "decimal", "checkbox", "date", "dropdown", "regexp")
MOST, FIRST_ID = 100, 3_700_000_001
KEY = re.compile(r"(?!\d+$)[A-Za-z0-9_-]+")
MADE_BEFORE = ("shoe_size", "text", "Shoe size")  # one that the help desk has of its own
TABLE = """create table if not exists zendesk_user_fields (
    id integer primary key, key text not null unique, type text not null, title text not null, active integer not null,
    options text not null)"""


class UserFields:
    """The calls below /user_fields."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        self._state.execute(TABLE)
        self._state.execute(
            "insert or ignore into zendesk_user_fields values (?, ?, ?, ?, 1, '[]')", (FIRST_ID, *MADE_BEFORE)
        )

    def index(self, call: Call) -> Row:
        place, size = call.place("page[after]"), call.size("page[size]", MOST)
        rows = [one for one in self._rows() if place is None or one["id"] > place[0]]
        more = len(rows) > size
        after = cursor_of((rows[size - 1]["id"], 0)) if more else None
        return {"user_fields": rows[:size], "meta": {"has_more": more, "after_cursor": after}, "count": len(rows)}

    def create(self, call: Call) -> tuple[Row, int]:
        _admin(call)
        given = call.body.get("user_field")
        given = given if isinstance(given, dict) else {}
        key, kind, title = (str(given.get(name) or "").strip() for name in ("key", "type", "title"))
        for name, value in (("key", key), ("type", kind), ("title", title)):
            if not value:
                raise invalid(name, "BlankValue", f"{name.capitalize()}: cannot be blank")
        if not KEY.fullmatch(key):
            raise invalid("key", "InvalidFormat", "Key: can only contain letters, numbers, underscores, and hyphens")
        if kind not in TYPES:
            raise invalid("type", "InvalidValue", f"Type: {kind} is not included in the list")
        options = [str(one.get("value") or "") for one in given.get("custom_field_options") or ()]
        if kind == "dropdown" and not options:
            raise invalid("custom_field_options", "BlankValue", "Custom field options: cannot be blank")
        if key in self.kinds():
            raise invalid("key", "DuplicateValue", f"Key: {key} has already been taken")
        self._state.execute(
            "insert into zendesk_user_fields (key, type, title, active, options) values (?, ?, ?, 1, ?)",
            (key, kind, title, orjson.dumps(options).decode()),
        )
        return {"user_field": next(one for one in self._rows() if one["key"] == key)}, 201

    def delete(self, call: Call) -> None:
        """Its values go with it."""
        _admin(call)
        key = int(call.request.path_params["id"])
        found = self._state.rows("select key from zendesk_user_fields where id = ?", (key,))
        if not found:
            raise ApiError(404, "RecordNotFound", "Not found")
        self._state.execute("delete from zendesk_user_fields where id = ?", (key,))
        self._state.execute("update zendesk_user_values set fields = json_remove(fields, ?)", (f'$."{found[0][0]}"',))

    def kinds(self) -> dict[str, str]:
        return {one["key"]: one["type"] for one in self._rows()}

    def checked(self, values: Row) -> tuple[Row, list[str]]:
        """The values as they are kept, without those of unknown keys, and the keys of those that do not fit."""
        known = {one["key"]: one for one in self._rows()}
        kept, wrong = Row(), list[str]()
        for key, value in values.items():
            if key not in known:
                continue
            try:
                kept[key] = None if value in (None, "") else _kept(known[key], value)
            except (TypeError, ValueError):
                wrong.append(key)
        return kept, wrong

    def _rows(self) -> list[Row]:
        rows = self._state.rows("select id, key, type, title, active, options from zendesk_user_fields order by id")
        return [
            {
                "id": key,
                "key": name,
                "type": kind,
                "title": title,
                "raw_title": title,
                "active": bool(active),
                "system": False,
                "custom_field_options": [{"name": one, "value": one} for one in orjson.loads(options)],
            }
            for key, name, kind, title, active, options in rows
        ]


def invalid(field: str, error: str, description: str) -> ApiError:
    details = {field: [{"description": description, "error": error}]}
    return ApiError(422, "RecordInvalid", "Record validation errors", details=details)


def _admin(call: Call) -> None:
    if call.role == "agent":
        raise ApiError(403, "Forbidden", "You do not have access to this page. Please contact the account owner.")


def _kept(field: Row, value: Any) -> Any:
    kind = field["type"]
    if kind == "checkbox":
        if not isinstance(value, bool):
            raise TypeError
        return value
    if kind == "integer":
        return int(str(value))
    if kind == "decimal":
        float(str(value))
        return value
    if kind == "date":
        return f"{date.fromisoformat(str(value)[:10])}T00:00:00+00:00"
    if kind == "dropdown" and value not in [one["value"] for one in field["custom_field_options"]]:
        raise ValueError
    return str(value)
