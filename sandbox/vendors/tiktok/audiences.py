"""Custom audiences of both kinds: from files and from segments. Listed, looked at, deleted; their life ends by itself.

An audience with a retention ends so many days after it was made, whatever happens to it; one without ends 365 days
after its last change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.context import Context
from sandbox.vendors.tiktok.entries import Entries
from sandbox.vendors.tiktok.envelope import LONGEST_PAGE, MOST_IDS, PAGE, Call, wrong

FIRST_ID, STEP = 88_001_122, 7
LEAST_PEOPLE, MOST_AUDIENCES, LONGEST_NAME = 1_000, 400, 128
LIFE_DAYS, DAY = 365, 86_400
TABLES = (
    """create table if not exists tiktok_audiences (
        audience_id integer primary key, advertiser_id text not null, name text not null, kind text not null,
        calculate_type text, sub_type text not null, retention integer, created integer not null,
        changed integer not null, files integer not null default 0, gone integer not null default 0)""",
    """create table if not exists tiktok_history (
        audience_id integer not null, action text not null, detail text not null, moment integer not null)""",
)
COLUMNS = (
    "audience_id", "advertiser_id", "name", "kind", "calculate_type", "sub_type", "retention", "created", "changed",
    "files",
)  # fmt: skip
Row = dict[str, Any]


class Audiences:
    """The register of audiences; ``entries`` knows what they hold."""

    def __init__(self, context: Context, entries: Entries) -> None:
        self.context, self.entries, self._state = context, entries, context.state
        for table in TABLES:
            context.state.execute(table)

    def rows(self, condition: str = "", *values: Any) -> list[Row]:
        query = f"select {', '.join(COLUMNS)} from tiktok_audiences where not gone {condition} order by audience_id"
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._state.rows(query, values)]

    def of(self, advertisers: Iterable[str], key: Any) -> Row:
        """One audience of these advertisers. Raises ApiError."""
        found = self.rows("and audience_id = ?", int(key)) if str(key).isdigit() else []
        if not found or found[0]["advertiser_id"] not in set(advertisers):
            raise wrong(f"Audience {key} does not exist or does not belong to the advertiser.")
        return found[0]

    def open(self, advertisers: Iterable[str], key: Any) -> Row:
        """One that can still be changed. Raises ApiError."""
        row = self.of(advertisers, key)
        if self._ends(row) <= int(self.context.clock.now.timestamp()):
            raise wrong(f"Audience {key} has expired.")
        return row

    def make(self, call: Call, kind: str, **more: Any) -> Row:
        """A new audience. Names need not be unique."""
        advertiser, name = call.needed("advertiser_id"), call.needed("custom_audience_name")
        if len(name) > LONGEST_NAME:
            raise wrong(f"custom_audience_name: Longer than maximum length {LONGEST_NAME}.")
        if len(self.rows("and advertiser_id = ?", advertiser)) >= MOST_AUDIENCES:
            raise wrong(f"An advertiser can have at most {MOST_AUDIENCES} audiences.")
        with self._state.together():
            ((key,),) = self._state.rows(
                f"select coalesce(max(audience_id), {FIRST_ID - STEP}) + {STEP} from tiktok_audiences"
            )
            self._state.execute(
                "insert into tiktok_audiences values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
                (key, advertiser, name, kind, more.get("calculate_type"), more.get("sub_type", "NORMAL"),
                 more.get("retention"), call.moment, call.moment),
            )  # fmt: skip
            self.note(key, "CREATE", kind, call.moment)
        return self.of([advertiser], key)

    def note(self, key: int, action: str, detail: str, moment: int) -> None:
        """A line in the audience's history; it is also its last change."""
        self._state.execute("insert into tiktok_history values (?, ?, ?, ?)", (key, action, detail, moment))
        self._state.execute("update tiktok_audiences set changed = ? where audience_id = ?", (moment, key))

    def drop(self, rows: Iterable[Row]) -> None:
        """Gone for good: an id is never given again."""
        with self._state.together():
            for row in rows:
                self.entries.clear(row["audience_id"])
                self._state.execute("update tiktok_audiences set gone = 1 where audience_id = ?", (row["audience_id"],))

    def index(self, call: Call) -> dict[str, Any]:
        """GET list/."""
        ids, advertiser = self._ids(call, needed=False), call.needed("advertiser_id")
        rows = [row for row in self.rows("and advertiser_id = ?", advertiser) if not ids or row["audience_id"] in ids]
        page, size = call.number("page", 1, 10**6), call.number("page_size", PAGE, LONGEST_PAGE)
        shown = rows[(page - 1) * size : page * size]
        return {
            "list": [self._document(row) for row in shown],
            "page_info": {
                "page": page,
                "page_size": size,
                "total_number": len(rows),
                "total_page": -(-len(rows) // size),
            },
        }

    def get(self, call: Call) -> dict[str, Any]:
        """GET get/: those that exist; of one that does not, nothing is told."""
        ids, advertiser = self._ids(call, needed=True), call.needed("advertiser_id")
        size, found = call.number("history_size", 10, 1_000), []
        for row in self.rows("and advertiser_id = ?", advertiser):
            if row["audience_id"] in ids:
                history = self._state.rows(
                    "select action, detail, moment from tiktok_history where audience_id = ? "
                    "order by rowid desc limit ?",
                    (row["audience_id"], size),
                )
                lines = [{"action": one, "action_detail": what, "opt_time": _time(at)} for one, what, at in history]
                found.append({"audience_details": self._document(row), "audience_history": lines})
        return {"list": found}

    def delete(self, call: Call) -> dict[str, Any]:
        """POST delete/: all of the list or none."""
        advertiser = call.needed("advertiser_id")
        self.drop([self.of([advertiser], key) for key in sorted(self._ids(call, needed=True))])
        return {}

    def believed(self, key: str | None = None) -> dict[str, Any]:
        """What TikTok holds and recognises, told to tests only."""
        found = []
        for row in self.rows():
            held = self.entries.held(row["audience_id"])
            one = {
                "audience_id": str(row["audience_id"]),
                "advertiser_id": row["advertiser_id"],
                "name": row["name"],
                "kind": row["kind"],
                "matched_people": self.entries.matched(row["audience_id"]),
            }
            found.append(one if key is None else one | {"held": [list(cell) for cell in held]})
        if key is None:
            return {"audiences": found}
        return next((one for one in found if one["audience_id"] == key), {})

    @staticmethod
    def _ids(call: Call, needed: bool) -> set[int]:
        given = call.listed("custom_audience_ids")
        if (needed and not given) or len(given) > MOST_IDS:
            raise wrong(f"custom_audience_ids: must have from 1 to {MOST_IDS} ids")
        if not all(isinstance(one, str) and one.isdigit() for one in given):
            raise wrong("custom_audience_ids: must be a list of strings of digits")
        return {int(one) for one in given}

    @staticmethod
    def _ends(row: Row) -> int:
        return int(row["created"] + row["retention"] * DAY if row["retention"] else row["changed"] + LIFE_DAYS * DAY)

    def _document(self, row: Row) -> dict[str, Any]:
        key, now = row["audience_id"], int(self.context.clock.now.timestamp())
        is_ready, cover, ends = self.entries.is_ready(key), self.entries.cover(key), self._ends(row)
        is_over = ends <= now
        return {
            "audience_id": str(key),
            "name": row["name"],
            "audience_type": "Customer File",
            "audience_sub_type": row["sub_type"],
            "calculate_type": row["calculate_type"] or "",
            "cover_num": cover,
            "is_valid": is_ready and not is_over and cover >= LEAST_PEOPLE,
            "is_creator": True,
            "is_expiring": ends - now < 7 * DAY,
            "shared": False,
            "status": "EXPIRED" if is_over else "READY" if is_ready else "PROCESSING",
            "error_msg": "" if cover >= LEAST_PEOPLE or not is_ready else "The audience size is too small.",
            "create_time": _time(row["created"]),
            "expired_time": _time(ends),
        }


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
