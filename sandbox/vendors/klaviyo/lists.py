"""Klaviyo's lists and who is on them. Membership is not consent: joining a list changes no subscription."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.context import Context
from sandbox.vendors.klaviyo.catalogue import COMPARE, rows_of
from sandbox.vendors.klaviyo.jsonapi import ApiError, Call, Condition, invalid, iso, not_found
from sandbox.vendors.klaviyo.profiles import Profiles
from sandbox.vendors.klaviyo.upserts import short_id

MOST_IDS = 1000
LIST_PAGE = 10
PROFILE_PAGE, MOST_PROFILES = 20, 100
TIME_SIGNS = ("greater-or-equal", "greater-than", "less-or-equal", "less-than")
MEMBER_FILTERS = {"email": ("any", "equals"), "phone_number": ("any", "equals"), "joined_group_at": TIME_SIGNS}
TABLES = (
    """create table if not exists klaviyo_lists (
        list_id text primary key, name text not null, created integer not null, updated integer not null,
        opt_in text not null)""",
    """create table if not exists klaviyo_members (
        number integer primary key autoincrement, list_id text not null, profile_id text not null,
        joined integer not null, unique (list_id, profile_id))""",
)


class Lists:
    """The calls below /lists. ``settle`` finishes imports whose time has come, before membership is read."""

    def __init__(self, context: Context, profiles: Profiles) -> None:
        self._context, self._profiles = context, profiles
        self.settle: Callable[[], None] = lambda: None
        for table in TABLES:
            context.state.execute(table)

    def _all(self) -> dict[str, dict[str, Any]]:
        found = {row["list_id"]: row for row in rows_of(self._context, "klaviyo_lists", "list_id")}
        for key, name, created, updated, opt_in in self._context.state.rows("select * from klaviyo_lists"):
            found[key] = {
                "list_id": key,
                "name": name,
                "created": created,
                "updated": updated,
                "opt_in_process": opt_in,
            }
        return found

    def exists(self, key: Any) -> bool:
        return key in self._all()

    def _one(self, key: str) -> dict[str, Any]:
        found = self._all().get(key)
        if found is None:
            raise not_found("list", key)
        return found

    def index(self, call: Call) -> dict[str, Any]:
        rows = list(self._all().values())
        allowed = {
            "name": ("any", "equals"),
            "id": ("any", "equals"),
            "created": ("greater-than",),
            "updated": ("greater-than",),
        }
        for one in call.filters(allowed):
            column = "list_id" if one.field == "id" else one.field
            if one.sign == "greater-than":
                rows = [row for row in rows if row[column] > one.moment()]
            else:
                rows = [row for row in rows if row[column] in one.values()]
        field, descends = call.sort(("created", "id", "name", "updated"), "id")
        column = "list_id" if field == "id" else field
        rows.sort(key=lambda row: (row[column], row["list_id"]), reverse=descends)
        size, cursor = call.page_size(LIST_PAGE, LIST_PAGE), call.cursor()
        ids = [row["list_id"] for row in rows]
        begin = ids.index(cursor[0]) + 1 if cursor and cursor[0] in ids else 0
        after = [ids[begin + size - 1]] if len(rows) > begin + size else None
        return call.page([_document(row, call.base) for row in rows[begin : begin + size]], after)

    def get(self, call: Call) -> dict[str, Any]:
        self.settle()
        row = self._one(call.key())
        document = _document(row, call.base)
        if "profile_count" in call.listed("additional-fields[list]"):
            count = self._context.state.rows(
                "select count(*) from klaviyo_members where list_id = ?", (row["list_id"],)
            )
            document["attributes"]["profile_count"] = count[0][0]
        return {"data": document}

    def create(self, call: Call) -> tuple[dict[str, Any], int]:
        attributes = call.data("list").get("attributes") or {}
        name = attributes.get("name")
        if not isinstance(name, str) or not name.strip():
            raise invalid("A list needs a name.", "/data/attributes/name")
        key, now = short_id(), self._profiles.now_micros()
        opt_in = attributes.get("opt_in_process") or "single_opt_in"
        self._context.state.execute("insert into klaviyo_lists values (?, ?, ?, ?, ?)", (key, name, now, now, opt_in))
        return {"data": _document(self._one(key), call.base)}, 201

    def delete(self, call: Call) -> tuple[None, int]:
        key = self._one(call.key())["list_id"]
        with self._context.state.together():
            self._context.state.execute("delete from klaviyo_members where list_id = ?", (key,))
            self._context.state.execute("delete from klaviyo_lists where list_id = ?", (key,))
        return None, 204

    def add(self, key: str, profiles: list[str]) -> None:
        """Add members; those who are on the list stay where they are."""
        now = self._profiles.now_micros()
        self._context.state.execute_many(
            "insert or ignore into klaviyo_members (list_id, profile_id, joined) values (?, ?, ?)",
            ((key, profile, now) for profile in profiles),
        )

    def add_members(self, call: Call) -> tuple[None, int]:
        key, ids = self._one(call.key())["list_id"], self._ids(call)
        missing = [one for one in ids if not self._profiles.exists(one)]
        if missing:
            raise ApiError(404, "not_found", "Not found.", f"{len(missing)} of the profiles do not exist.", "/data")
        self.settle()
        with self._context.state.together():
            self.add(key, ids)
        return None, 204

    def remove_members(self, call: Call) -> tuple[None, int]:
        key, ids = self._one(call.key())["list_id"], self._ids(call)
        self.settle()
        with self._context.state.together():
            self._context.state.execute_many(
                "delete from klaviyo_members where list_id = ? and profile_id = ?", ((key, one) for one in ids)
            )
        return None, 204

    @staticmethod
    def _ids(call: Call) -> list[str]:
        rows = call.body.get("data")
        if not isinstance(rows, list) or not rows:
            raise invalid("At least one profile is needed.")
        if len(rows) > MOST_IDS:
            raise invalid(f"At most {MOST_IDS} profiles are taken by one call.")
        if any(not isinstance(row, dict) or row.get("type") != "profile" or not row.get("id") for row in rows):
            raise invalid("Each entry must be a profile with an id.")
        return [str(row["id"]) for row in rows]

    def members(self, call: Call) -> dict[str, Any]:
        """GET /lists/{id}/profiles: whole profiles."""
        ids, after = self._page(call)
        wanted = "subscriptions" in call.listed("additional-fields[profile]")
        documents = self._profiles.documents([key for key, _ in ids], call.base, wanted)
        for document, (_, joined) in zip(documents, ids, strict=True):
            document["attributes"]["joined_group_at"] = iso(joined)
        return call.page(documents, after)

    def member_ids(self, call: Call) -> dict[str, Any]:
        """GET /lists/{id}/relationships/profiles: ids only."""
        ids, after = self._page(call)
        return call.page([{"type": "profile", "id": key} for key, _ in ids], after)

    def _page(self, call: Call) -> tuple[list[tuple[str, int]], list[Any] | None]:
        self.settle()
        key = self._one(call.key())["list_id"]
        size, cursor = call.page_size(PROFILE_PAGE, MOST_PROFILES), call.cursor()
        _, descends = call.sort(("joined_group_at",), "-joined_group_at")
        statement = "select number, profile_id, joined from klaviyo_members where list_id = ? order by joined, number"
        rows = self._context.state.rows(statement, (key,))
        for one in call.filters(MEMBER_FILTERS):
            rows = self._keep(rows, one)
        if descends:
            rows.reverse()
        if cursor is not None:
            joined, number = cursor
            place = (
                (lambda row: (row[2], row[0]) < (joined, number))
                if descends
                else (lambda row: (row[2], row[0]) > (joined, number))
            )
            rows = [row for row in rows if place(row)]
        after = [rows[size - 1][2], rows[size - 1][0]] if len(rows) > size else None
        return [(profile, joined) for _, profile, joined in rows[:size]], after

    def _keep(self, rows: list[tuple[Any, ...]], one: Condition) -> list[tuple[Any, ...]]:
        if one.field == "joined_group_at":
            return [row for row in rows if COMPARE[one.sign](row[2], one.moment())]
        found = {self._profiles.by_identifier(one.field, value) for value in one.values()}
        return [row for row in rows if row[1] in found]


def _document(row: dict[str, Any], base: str) -> dict[str, Any]:
    key = row["list_id"]
    return {
        "type": "list",
        "id": key,
        "attributes": {
            "name": row["name"],
            "created": iso(row["created"]),
            "updated": iso(row["updated"]),
            "opt_in_process": row["opt_in_process"],
        },
        "relationships": {
            "profiles": {
                "links": {
                    "self": f"{base}/lists/{key}/relationships/profiles",
                    "related": f"{base}/lists/{key}/profiles",
                }
            }
        },
        "links": {"self": f"{base}/lists/{key}"},
    }
