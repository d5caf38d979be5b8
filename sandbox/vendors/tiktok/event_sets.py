"""Where events are sent to: the shop's pixel, its app and its stores' event set are there, further sets are made."""

from __future__ import annotations

from typing import Any

from sandbox.context import Context
from sandbox.vendors.tiktok.envelope import MOST_IDS, Call, wrong

PIXEL, APP_OF_SHOP = "CSELVAGE00PIXEL00001", "7200000000000000001"
ADVERTISER = "7000000000000000001"
FIXED = {"web": (PIXEL,), "app": (APP_OF_SHOP,)}
OF_STORES, STEP = 7_300_000_000_000_000_001, 13
TABLE = """create table if not exists tiktok_event_sets (
    event_set_id integer primary key, advertiser_id text not null, name text not null, auto_tracking integer not null,
    description text not null, created integer not null, gone integer not null default 0)"""


class EventSets:
    """The calls below /offline/."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        context.state.execute(TABLE)
        context.state.execute(
            "insert or ignore into tiktok_event_sets values (?, ?, 'Stores', 0, '', 0, 0)", (OF_STORES, ADVERTISER)
        )

    def has(self, source: str, key: str) -> bool:
        """Whether events of this source (web, app, offline or crm) can be sent to this id."""
        return key in FIXED.get(source, ()) or (source in ("offline", "crm") and bool(self._rows(key)))

    def _rows(self, key: str, advertiser: str | None = None) -> list[tuple[Any, ...]]:
        rows = self._state.rows(
            "select event_set_id, name, auto_tracking, advertiser_id from tiktok_event_sets "
            "where not gone and event_set_id = ?",
            (int(key) if key.isdigit() and len(key) < 20 else 0,),
        )
        return [row for row in rows if advertiser in (None, row[3])]

    def create(self, call: Call) -> dict[str, Any]:
        """POST offline/create/."""
        with self._state.together():
            ((key,),) = self._state.rows(f"select max(event_set_id) + {STEP} from tiktok_event_sets")
            self._state.execute(
                "insert into tiktok_event_sets values (?, ?, ?, ?, ?, ?, 0)",
                (key, call.needed("advertiser_id"), call.needed("name"), int(self._is_tracking(call)),
                 call.text("description"), call.moment),
            )  # fmt: skip
        return {"event_set_id": str(key)}

    def get(self, call: Call) -> dict[str, Any]:
        """GET offline/get/: those named by event_set_ids, or all; ``name`` looks for a part of the name."""
        ids, name = [str(one) for one in call.listed("event_set_ids")], call.text("name")
        if len(ids) > MOST_IDS:
            raise wrong(f"event_set_ids: must have at most {MOST_IDS} ids")
        rows = self._state.rows(
            "select event_set_id, name, auto_tracking from tiktok_event_sets where not gone and advertiser_id = ? "
            "order by event_set_id",
            (call.needed("advertiser_id"),),
        )
        found = [{"event_set_id": str(key), "name": text, "auto_tracking": bool(on)} for key, text, on in rows]
        chosen = [one for one in found if (not ids or one["event_set_id"] in ids) and name in one["name"]]
        return {"event_sets": chosen}

    def update(self, call: Call) -> dict[str, Any]:
        """POST offline/update/."""
        key, name, on, _ = self._one(call)
        changed = (call.text("name", name), int(self._is_tracking(call, bool(on))), key)
        self._state.execute("update tiktok_event_sets set name = ?, auto_tracking = ? where event_set_id = ?", changed)
        return {"event_set_id": str(key)}

    def delete(self, call: Call) -> dict[str, Any]:
        """POST offline/delete/. An id is never given again."""
        key = self._one(call)[0]
        self._state.execute("update tiktok_event_sets set gone = 1 where event_set_id = ?", (key,))
        return {}

    def _one(self, call: Call) -> tuple[Any, ...]:
        found = self._rows(call.needed("event_set_id"), call.needed("advertiser_id"))
        if not found:
            raise wrong("event_set_id: The event set does not exist.")
        return found[0]

    @staticmethod
    def _is_tracking(call: Call, default: bool = False) -> bool:
        given = call.params.get("auto_tracking")
        if given is not None and not isinstance(given, bool):
            raise wrong("auto_tracking: Not a valid boolean.")
        return default if given is None else given
