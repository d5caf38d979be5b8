"""Contact properties and their groups, and which values each type takes. All values are texts."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from sandbox.context import Context
from sandbox.vendors.hubspot.gate import Call, Problem

FIELD_TYPES = {
    "string": ("text", "textarea", "phonenumber", "html"),
    "number": ("number",),
    "date": ("date",),
    "datetime": ("date",),
    "bool": ("booleancheckbox",),
    "enumeration": ("select", "radio", "checkbox"),
}
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
BEFORE = (
    *((name, "string", "text") for name in ("email", "firstname", "lastname", "address", "city", "state", "zip")),
    *((name, "string", "phonenumber") for name in ("phone", "mobilephone")),
    *((name, "string", "text") for name in ("hs_additional_emails", "hs_merged_object_ids", "hs_object_source_id")),
    ("hs_email_optout", "bool", "booleancheckbox"),
    ("hs_object_source", "string", "text"),
    ("shop_customer_id", "string", "text"),
    ("shoe_size", "number", "number"),
)
TABLES = (
    """create table if not exists hubspot_properties (
        name text primary key, label text not null, type text not null, field_type text not null,
        group_name text not null)""",
    "create table if not exists hubspot_groups (name text primary key, label text not null)",
)


class Properties:
    """The calls below /properties/contacts."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        for table in TABLES:
            self._state.execute(table)
        self._state.execute("insert or ignore into hubspot_groups values ('contactinformation', 'Contact information')")
        for name, kind, field_type in BEFORE:
            values = (name, name.capitalize(), kind, field_type, "contactinformation")
            self._state.execute("insert or ignore into hubspot_properties values (?, ?, ?, ?, ?)", values)

    def index(self, _: Call) -> dict[str, Any]:
        return {"results": self._rows()}

    def create(self, call: Call) -> tuple[dict[str, Any], int]:
        given = {key: str(call.body.get(key) or "") for key in ("name", "label", "type", "fieldType", "groupName")}
        if missing := [key for key, value in given.items() if not value]:
            raise Problem(400, "VALIDATION_ERROR", f"Some required fields were not set: {missing}", ("REQUIRED_FIELD",))
        if not NAME.fullmatch(given["name"]):
            raise Problem(400, "VALIDATION_ERROR", "The property name is invalid", ("INVALID_NAME",))
        if given["fieldType"] not in FIELD_TYPES.get(given["type"], ()):
            raise Problem(400, "VALIDATION_ERROR", "The field type does not fit the type", ("INVALID_FIELD_TYPE",))
        if not self._state.rows("select 1 from hubspot_groups where name = ?", (given["groupName"],)):
            message = f"Property group {given['groupName']} does not exist"
            raise Problem(400, "VALIDATION_ERROR", message, ("PROPERTY_GROUP_DOESNT_EXIST",))
        if given["name"] in self.types():
            message = f"A property named '{given['name']}' already exists."
            raise Problem(409, "OBJECT_ALREADY_EXISTS", message)
        self._state.execute("insert into hubspot_properties values (?, ?, ?, ?, ?)", tuple(given.values()))
        return next(one for one in self._rows() if one["name"] == given["name"]), 201

    def create_group(self, call: Call) -> tuple[dict[str, Any], int]:
        name, label = str(call.body.get("name") or ""), str(call.body.get("label") or "")
        if not self._state.execute("insert or ignore into hubspot_groups values (?, ?)", (name, label)):
            raise Problem(409, "OBJECT_ALREADY_EXISTS", f"A property group named '{name}' already exists.")
        return {"name": name, "label": label, "displayOrder": 0, "archived": False}, 201

    def archive(self, call: Call) -> None:
        self._state.execute("delete from hubspot_properties where name = ?", (call.parts["name"],))

    def types(self) -> dict[str, str]:
        return {one["name"]: one["type"] for one in self._rows()}

    def check(self, values: dict[str, Any]) -> None:
        """Raises Problem for the first value that does not fit, which refuses a whole batch."""
        known = self.types()
        for name, value in values.items():
            code = "" if name in known else "PROPERTY_DOESNT_EXIST"
            if not code and value not in ("", None):
                code = _wrong(name, known[name], str(value))
            if code:
                about = f'{{"isValid":false,"message":"{value} is not valid","name":"{name}"}}'
                raise Problem(400, "VALIDATION_ERROR", f"Property values were not valid: [{about}]", (code,))

    def _rows(self) -> list[dict[str, Any]]:
        columns = "name, label, type, field_type, group_name"
        return [
            {
                "name": name,
                "label": label,
                "type": kind,
                "fieldType": field_type,
                "groupName": group,
                "description": "",
                "options": [],
                "archived": False,
            }
            for name, label, kind, field_type, group in self._state.rows(f"select {columns} from hubspot_properties")
        ]


def _wrong(name: str, kind: str, value: str) -> str:
    """The code of what is wrong with a value, or nothing."""
    try:
        if name == "email" and not EMAIL.fullmatch(value):
            return "INVALID_EMAIL"
        if kind == "number":
            float(value)
        elif kind == "date":
            date.fromisoformat(value)
        elif kind == "datetime":
            datetime.fromisoformat(value)
    except ValueError:
        return "INVALID_INTEGER" if kind == "number" else "INVALID_DATE"
    return ""
