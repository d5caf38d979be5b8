"""Klaviyo's profiles: those of the world, with everything that was written since laid over them.

What is written (imports, single upserts, consent) is a patch per profile in the state file; a profile that the world
does not know is a patch on nothing. ``updated`` is the later of the world's and the patch's.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.context import Context
from sandbox.vendors.klaviyo.events import Events
from sandbox.vendors.klaviyo.jsonapi import iso

PLAIN = ("email", "phone_number", "external_id", "first_name", "last_name", "organization", "locale", "title", "image")
LOCATION = ("address1", "address2", "city", "country", "latitude", "longitude", "region", "zip", "timezone", "ip")
IDENTIFIERS = ("external_id", "email", "phone_number")
TABLE = """
create table if not exists klaviyo_profiles (
    profile_id text primary key, created integer not null, updated integer not null, patch text not null
)"""


@dataclass
class Written:
    """What was written to one profile. ``patch`` has ``attributes``, ``location``, ``properties`` and ``consent``."""

    created: int
    updated: int
    patch: dict[str, Any] = field(default_factory=dict)


class World:
    """The world's profiles at one moment, with the positions of their identifiers."""

    def __init__(self, context: Context) -> None:
        self.now = context.clock.now
        self.table = context.tables.visible("klaviyo_profiles", "profile_id", self.now)
        self.ids: list[str] = self.table.column("profile_id").to_pylist()
        self.position = {key: number for number, key in enumerate(self.ids)}
        self.created, self.updated = self._micros("created"), self._micros("updated")

    def _micros(self, name: str) -> np.ndarray:
        return pc.cast(pc.cast(self.table.column(name), pa.timestamp("us")), pa.int64()).to_numpy()

    def identifiers(self, name: str) -> dict[str, str]:
        values = self.table.column(name).to_pylist()
        return {plain(value): key for key, value in zip(self.ids, values, strict=True) if value}

    def rows(self, positions: list[int]) -> list[dict[str, Any]]:
        read = self.table.take(pa.array(positions, pa.int64()))
        for number, one in enumerate(read.schema):
            if pa.types.is_timestamp(one.type):
                micros = pc.cast(pc.cast(read.column(number), pa.timestamp("us")), pa.int64())
                read = read.set_column(number, one.name, micros)
        return read.to_pylist()


def plain(identifier: str) -> str:
    return identifier.strip().lower()


class Profiles:
    """All profiles as of now. Not more than one thread writes at a time: take ``lock`` around a read and its write."""

    def __init__(self, context: Context, events: Events) -> None:
        self._context, self._events = context, events
        self.lock = threading.RLock()
        context.state.execute(TABLE)
        self.written = {
            key: Written(created, updated, orjson.loads(patch))
            for key, created, updated, patch in context.state.rows("select * from klaviyo_profiles")
        }
        self._world: World | None = None
        self._index: dict[str, dict[str, str]] = {}
        self._sorted: dict[str, tuple[list[Any], list[str]]] = {}

    def world(self) -> World:
        with self.lock:
            if self._world is None or self._world.now != self._context.clock.now:
                self._world = World(self._context)
                self._sorted = {}
                self._index = {name: self._world.identifiers(name) for name in IDENTIFIERS}
                for key, one in self.written.items():
                    self._register(key, one)
            return self._world

    def _register(self, key: str, one: Written) -> None:
        for name in IDENTIFIERS:
            value = one.patch.get("attributes", {}).get(name)
            if value:
                self._index[name][plain(value)] = key

    def exists(self, key: str) -> bool:
        return key in self.world().position or key in self.written

    def by_identifier(self, name: str, value: str) -> str | None:
        with self.lock:
            self.world()
            return self._index[name].get(plain(value))

    def now_micros(self) -> int:
        return int(self._context.clock.now.timestamp() * 1_000_000)

    def sorted(self, column: str) -> tuple[list[Any], list[str]]:
        """(values, ids) of all profiles in order of a column (created, updated, email or id), then id."""
        with self.lock:
            world = self.world()
            if column not in self._sorted:
                values = self._column(world, column)
                pairs = sorted((value, key) for key, value in values.items())
                self._sorted[column] = ([value for value, _ in pairs], [key for _, key in pairs])
            return self._sorted[column]

    def _column(self, world: World, column: str) -> dict[str, Any]:
        if column == "id":
            return {key: key for key in [*world.ids, *(k for k in self.written if k not in world.position)]}
        if column == "email":
            found = dict(zip(world.ids, [one or "" for one in world.table.column("email").to_pylist()], strict=True))
            for key, one in self.written.items():
                found[key] = one.patch.get("attributes", {}).get("email", found.get(key, "")) or ""
            return found
        numbers = world.created if column == "created" else world.updated
        found = dict(zip(world.ids, numbers.tolist(), strict=True))
        for key, one in self.written.items():
            if column == "updated":
                found[key] = max(found.get(key, 0), one.updated)
            else:
                found.setdefault(key, one.created)
        return found

    def write(self, key: str, change: dict[str, Any]) -> bool:
        """Lay a change over a profile (made if new); returns whether anything changed. ``None`` clears a value."""
        with self.lock:
            known, now = self.exists(key), self.now_micros()
            one = self.written.get(key) or Written(now, now)
            before = orjson.dumps(one.patch, option=orjson.OPT_SORT_KEYS)
            patch = orjson.loads(before)
            for part, values in change.items():
                patch.setdefault(part, {}).update(values)
            if known and self._says_so_already(key, change):
                return False
            self.written[key] = Written(one.created, now, patch)
            values = (key, one.created, now, orjson.dumps(patch).decode())
            self._context.state.execute("insert or replace into klaviyo_profiles values (?, ?, ?, ?)", values)
            self._register(key, self.written[key])
            self._sorted = {}
            return True

    def _says_so_already(self, key: str, change: dict[str, Any]) -> bool:
        shown = self.documents([key], "", subscriptions=False)[0]["attributes"]
        own = self.written[key].patch if key in self.written else {}
        for part, values in change.items():
            held = {"attributes": shown, "location": shown["location"], "properties": shown["properties"]}.get(part)
            held = own.get(part, {}) if held is None else held
            if any(held.get(name) != value for name, value in values.items()):
                return False
        return True

    def documents(self, keys: list[str], base: str, subscriptions: bool) -> list[dict[str, Any]]:
        """Profile documents in the order of the keys."""
        with self.lock:
            world = self.world()
            known = [key for key in keys if key in world.position]
            rows = dict(zip(known, world.rows([world.position[key] for key in known]), strict=True))
            last = self._events.table().last_by_profile
            return [self._document(key, rows.get(key), last.get(key), base, subscriptions) for key in keys]

    def _document(
        self, key: str, row: dict[str, Any] | None, last: int | None, base: str, subscriptions: bool
    ) -> dict[str, Any]:
        one, row = self.written.get(key), row or {}
        patch = one.patch if one else {}
        created = row.get("created") if row else (one.created if one else None)
        updated = max(row.get("updated") or 0, one.updated if one else 0)
        attributes = {name: row.get(name) for name in PLAIN} | patch.get("attributes", {})
        attributes |= {"created": iso(created), "updated": iso(updated), "last_event_date": iso(last)}
        attributes["location"] = {name: row.get(name) for name in LOCATION} | patch.get("location", {})
        properties = patch.get("properties", {})
        attributes["properties"] = {name: value for name, value in properties.items() if value is not None}
        if subscriptions:
            attributes["subscriptions"] = _subscriptions(row, patch.get("consent", {}), attributes)
        return {
            "type": "profile",
            "id": key,
            "attributes": attributes,
            "relationships": {
                name: {"links": _links(f"{base}/profiles/{key}", name)} for name in ("lists", "segments", "push-tokens")
            },
            "links": {"self": f"{base}/profiles/{key}"},
        }


def _links(address: str, name: str) -> dict[str, str]:
    return {"self": f"{address}/relationships/{name}", "related": f"{address}/{name}"}


def _subscriptions(row: dict[str, Any], written: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    """Consent and suppression: what the subscribe and suppress calls wrote, else what the world says."""
    consent = written.get("email_consent", row.get("email_consent") or "NEVER_SUBSCRIBED")
    consent_at = written.get("email_consent_at", row.get("email_consent_at"))
    sms, sms_at = row.get("sms_consent") or "NEVER_SUBSCRIBED", row.get("sms_consent_at")
    sms, sms_at = written.get("sms_consent", sms), written.get("sms_consent_at", sms_at)
    push = row.get("push_consent") or "NEVER_SUBSCRIBED"
    reason, reason_at = row.get("suppression"), row.get("suppression_at")
    reason, reason_at = written.get("suppression", reason), written.get("suppression_at", reason_at)
    suppressed = [{"reason": reason, "timestamp": iso(reason_at)}] if reason else []
    return {
        "email": {
            "marketing": {
                "can_receive_email_marketing": bool(attributes["email"])
                and consent != "UNSUBSCRIBED"
                and not suppressed,
                "consent": consent,
                "consent_timestamp": iso(consent_at) if consent == "SUBSCRIBED" else None,
                "last_updated": iso(consent_at),
                "method": "FORM" if consent == "SUBSCRIBED" else None,
                "method_detail": None,
                "custom_method_detail": None,
                "double_optin": False if consent == "SUBSCRIBED" else None,
                "suppression": suppressed,
                "list_suppressions": [],
            }
        },
        "sms": {
            "marketing": {
                "can_receive_sms_marketing": bool(attributes["phone_number"]) and sms == "SUBSCRIBED",
                "consent": sms,
                "consent_timestamp": iso(sms_at) if sms == "SUBSCRIBED" else None,
                "last_updated": iso(sms_at),
                "method": "FORM" if sms == "SUBSCRIBED" else None,
                "method_detail": None,
            }
        },
        "mobile_push": {
            "marketing": {
                "can_receive_push_marketing": push == "SUBSCRIBED",
                "consent": push,
                "consent_timestamp": iso(row.get("push_consent_at")),
            }
        },
        "whatsapp": None,
    }
