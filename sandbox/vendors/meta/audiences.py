"""Custom audiences: made, listed, looked at, deleted. Meta tells sizes as ranges and hides small ones.

A name that suggests what Meta forbids (health, money troubles) is taken, but the audience is flagged (operation
status 471) and its members can't be changed. Sizes below a thousand are told as a thousand (general recall).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.context import Context
from sandbox.vendors.meta.graph import Call, GraphError, unknown, wrong
from sandbox.vendors.meta.members import Members

MOST_ROWS, LEAST_DELIVERED, LEAST_TOLD = 500, 100, 1_000
FIRST_ID = 120_200_000_000_000
SOURCES = ("USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED")
SENSITIVE = re.compile(
    r"diabet|cancer|depress|pregnan|disease|medical|health|therap|patient|debt|loan|credit|bankrupt|income|relig|ethnic",
    re.IGNORECASE,
)
FIELDS = (
    "id", "account_id", "name", "description", "subtype", "customer_file_source", "retention_days", "data_source",
    "approximate_count_lower_bound", "approximate_count_upper_bound", "delivery_status", "operation_status",
    "time_created", "time_updated", "time_content_updated", "fields_violating_integrity_policy", "audience_labels",
    "is_value_based",
)  # fmt: skip
TABLE = """create table if not exists meta_audiences (
    audience_id integer primary key, name text not null, description text not null, source text not null,
    style text, created integer not null, updated integer not null, filled integer not null,
    gone integer not null default 0)"""
COLUMNS = ("audience_id", "name", "description", "source", "style", "created", "updated", "filled")


class Audiences:
    """The calls on audiences; who is in them is the members' affair."""

    def __init__(self, context: Context, account_id: str, members: Members) -> None:
        self._context, self._account_id, self._members = context, account_id, members
        context.state.execute(TABLE)

    def exists(self, node: str) -> bool:
        return node.isdigit() and bool(self._rows("and audience_id = ?", int(node)))

    def _rows(self, condition: str = "", *values: Any) -> list[dict[str, Any]]:
        query = f"select {', '.join(COLUMNS)} from meta_audiences where not gone {condition} order by audience_id"
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._context.state.rows(query, values)]

    def _one(self, call: Call) -> dict[str, Any]:
        found = self._rows("and audience_id = ?", int(call.node))
        if not found:
            raise unknown(call.node, call.request.method)
        return found[0]

    def create(self, call: Call) -> dict[str, Any]:
        self._need_terms()
        name, source = call.text("name").strip(), call.text("customer_file_source")
        if not name:
            raise wrong("Missing parameter(s): name")
        if call.text("subtype", "CUSTOM") != "CUSTOM":
            raise wrong("subtype: only CUSTOM is served here")
        if source not in SOURCES:
            raise wrong("Missing parameter(s): customer_file_source")
        state, now = self._context.state, int(call.now.timestamp())
        with state.together():
            ((key,),) = state.rows(f"select coalesce(max(audience_id), {FIRST_ID}) + 10 from meta_audiences")
            state.execute(
                "insert into meta_audiences values (?, ?, ?, ?, null, ?, ?, ?, 0)",
                (key, name, call.text("description"), source, now, now, now),
            )
        return {"id": str(key)}

    def update(self, call: Call) -> dict[str, Any]:
        row = self._one(call)
        self._context.state.execute(
            "update meta_audiences set name = ?, description = ?, updated = ? where audience_id = ?",
            (call.text("name", row["name"]), call.text("description", row["description"]),
             int(call.now.timestamp()), row["audience_id"]),
        )  # fmt: skip
        return {"success": True}

    def index(self, call: Call) -> dict[str, Any]:
        fields, rows = call.fields(FIELDS, ("id",)), self._rows()
        for one in call.value("filtering") or ():
            if not isinstance(one, dict) or (one.get("field"), one.get("operator")) not in (
                ("name", "EQUAL"),
                ("name", "CONTAIN"),
            ):
                raise wrong("filtering: only name EQUAL and name CONTAIN are served here")
            value, exact = str(one.get("value")), one["operator"] == "EQUAL"
            rows = [row for row in rows if (row["name"] == value if exact else value in row["name"])]
        return call.page(
            len(rows), lambda begin, end: [self._document(row, fields) for row in rows[begin:end]], MOST_ROWS
        )

    def get(self, call: Call) -> dict[str, Any]:
        return self._document(self._one(call), call.fields(FIELDS, ("id",)))

    def delete(self, call: Call) -> dict[str, Any]:
        key = self._one(call)["audience_id"]
        with self._context.state.together():
            self._members.forget(key)
            # its id is never given again
            self._context.state.execute("update meta_audiences set gone = 1 where audience_id = ?", (key,))
        return {"success": True}

    def change(self, how: Callable[[int, Call], dict[str, Any]], call: Call) -> dict[str, Any]:
        """A change of the members."""
        row = self._one(call)
        self._need_terms()
        if SENSITIVE.search(row["name"]):
            raise GraphError(
                100,
                "Invalid parameter",
                1713230,
                title="Audience Upload Blocked",
                detail="Integrity restrictions of this audience must be resolved before its members can be changed.",
            )
        answer = how(row["audience_id"], call)
        self._context.state.execute(
            "update meta_audiences set filled = ? where audience_id = ?",
            (int(call.now.timestamp()), row["audience_id"]),
        )
        return answer

    def sessions(self, call: Call) -> dict[str, Any]:
        return self._members.sessions(self._one(call)["audience_id"], call)

    def believed(self, node: str | None = None) -> dict[str, Any]:
        """What Meta believes, told to tests only: per audience the rows that are held and the people recognised."""
        found = []
        for row in self._rows():
            key = row["audience_id"]
            rows, users = self._members.rows(key), sorted(self._members.users(key))
            one = {
                "audience_id": str(key),
                "name": row["name"],
                "style": row["style"],
                "rows_held": len(rows),
                "matched_people": len(users),
                "is_settled": self._members.is_settled(key),
            }
            found.append(one if node is None else one | {"rows": rows, "user_ids": [str(user) for user in users]})
        if node is None:
            return {"audiences": found}
        return next((one for one in found if one["audience_id"] == node), {})

    def _need_terms(self) -> None:
        if self._context.faults.take("meta", "terms_not_accepted"):
            message = "(#2663) Terms of service has not been accepted. Accept them in the account's Audiences page."
            raise GraphError(2663, message, 1870034, status=403, title="Custom Audience Terms Not Accepted",
                             detail="Accept the custom audience terms of the ad account first.")  # fmt: skip

    def _document(self, row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
        key, size = row["audience_id"], self._members.size(row["audience_id"])
        lower, upper = _range(size)
        is_flagged = bool(SENSITIVE.search(row["name"]))
        values = {
            "account_id": self._account_id,
            "name": row["name"],
            "description": row["description"],
            "subtype": "CUSTOM",
            "customer_file_source": row["source"],
            "retention_days": 0,
            "data_source": {"type": "FILE_IMPORTED", "sub_type": row["style"] or "ANYTHING"},
            "approximate_count_lower_bound": lower,
            "approximate_count_upper_bound": upper,
            "delivery_status": _delivery(size),
            "operation_status": self._operation(key, is_flagged),
            "time_created": row["created"],
            "time_updated": row["updated"],
            "time_content_updated": row["filled"],
            "is_value_based": False,
            "audience_labels": [],
        }
        if is_flagged:
            values["fields_violating_integrity_policy"] = ["name"]
        return {name: values[name] for name in fields if name in values} | {"id": str(key)}

    def _operation(self, key: int, is_flagged: bool) -> dict[str, Any]:
        if is_flagged:
            return {"code": 471, "description": "The audience is flagged: its name suggests prohibited information."}
        if not self._members.has_upload(key):
            return {"code": 410, "description": "No data has been uploaded."}
        if not self._members.is_settled(key):
            return {"code": 441, "description": "People who fit the audience are being found."}
        return {"code": 200, "description": "Normal"}


def _delivery(size: int) -> dict[str, Any]:
    if size < LEAST_DELIVERED:
        return {"code": 300, "description": f"Too small to deliver: fewer than {LEAST_DELIVERED} people matched."}
    return {"code": 200, "description": "This audience is ready for use."}


def _range(size: int) -> tuple[int, int]:
    """Bounds about a size: 5,000 is told as 4,900 to 5,100."""
    if size < LEAST_TOLD:
        return LEAST_TOLD, LEAST_TOLD
    return size * 98 // 10_000 * 100, -(-size * 102 // 10_000) * 100
