"""The account's contacts: those that the world's staff wrote down, and what was written to the API since.

All lie in one table of the state file. When the clock has moved, the versions that have come to be known are written
there too: they set what staff type and leave what an app wrote. Who was archived by a call stays archived. A contact
that staff add under an address which an app has used before takes that one's place: HubSpot has an address once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from sandbox.brand.crm import FIRST_ID
from sandbox.clock import text
from sandbox.context import Context

APPS_FIRST_ID, APP_ID = 101, "4242042"
TYPED = (
    "firstname", "lastname", "email", "phone", "mobilephone", "address", "city", "state", "zip", "shop_customer_id",
)  # fmt: skip
TABLES = (
    """create table if not exists hubspot_contacts (
        id integer primary key, email text unique, properties text not null, created_at text not null,
        updated_at text not null, version integer not null, archived_at text)""",
    "create table if not exists hubspot_forgotten (id integer primary key)",
    "create table if not exists hubspot_merged (id integer primary key, into_id integer not null)",
    """create table if not exists hubspot_subscriptions (
        email text primary key, status text not null, changed_at text not null)""",
)

Row = dict[str, Any]


class Book:
    """Reads and writes of contacts; a row has id, properties, createdAt, updatedAt and, if archived, archivedAt."""

    def __init__(self, context: Context) -> None:
        self._context, self._state = context, context.state
        for table in TABLES:
            self._state.execute(table)
        self._known: datetime | None = None

    def rows(self, condition: str = "", *values: Any, archived: bool = False) -> list[Row]:
        """The contacts that are there, or those that are archived; ``condition`` begins with and, or order."""
        self._turn_to_now()
        found = self._state.rows(
            "select id, properties, created_at, updated_at, archived_at from hubspot_contacts "
            f"where archived_at is {'not ' if archived else ''}null {condition}",
            values,
        )
        return [
            {
                "id": key,
                "properties": orjson.loads(held),
                "createdAt": created,
                "updatedAt": updated,
                "archived": archived,
                **({"archivedAt": archived_at} if archived else {}),
            }
            for key, held, created, updated, archived_at in found
        ]

    def find(self, place: Row) -> Row | None:
        """By id or, with ``idProperty`` email, by one of its addresses; the id of a merged one leads to the other."""
        key = str(place["id"])
        if place.get("idProperty") == "email":
            own = "(email = ?1 or properties ->> 'hs_additional_emails' = ?1)"
            return next(iter(self.rows(f"and {own} order by email is null, email <> ?1", key.lower())), None)
        merged = self._state.rows("select into_id from hubspot_merged where id = ?", (key,))
        return next(iter(self.rows("and id = ?", merged[0][0] if merged else key)), None)

    def write(self, before: Row | None, values: Row) -> Row:
        """Lay values over a contact, or make one: an app's."""
        self._turn_to_now()
        held = {**(before["properties"] if before else {}), **values}
        held = {name: str(value) for name, value in held.items() if value not in ("", None)}
        if "email" in held:
            held["email"] = held["email"].lower()
        now = text(self._context.clock.now)
        if before:
            self._state.execute(
                "update hubspot_contacts set email = ?, properties = ?, updated_at = ? where id = ?",
                (held.get("email"), orjson.dumps(held).decode(), now, before["id"]),
            )
            return self.rows("and id = ?", before["id"])[0]
        held |= {"hs_object_source": "INTEGRATION", "hs_object_source_id": APP_ID}
        self._state.execute(
            "insert into hubspot_contacts select coalesce(max(id) + 1, ?), ?, ?, ?, ?, 0, null from hubspot_contacts "
            "where id < ?",
            (APPS_FIRST_ID, held.get("email"), orjson.dumps(held).decode(), now, now, FIRST_ID),
        )
        return self.rows("and id < ? order by id desc limit 1", FIRST_ID)[0]

    def archive(self, key: str) -> None:
        """An archived contact is in the list of the archived alone; its address is free."""
        self._state.execute(
            "update hubspot_contacts set archived_at = ?, email = null where id = ? and archived_at is null",
            (text(self._context.clock.now), key),
        )

    def restore(self, key: str) -> None:
        self._state.execute("update hubspot_contacts set archived_at = null where id = ?", (key,))

    def forget(self, key: str) -> None:
        """For good: no list has it any more."""
        self._state.execute("delete from hubspot_contacts where id = ?", (key,))
        self._state.execute("insert or ignore into hubspot_forgotten values (?)", (key,))

    def statuses(self) -> dict[str, tuple[str, str]]:
        """Address -> its status for the newsletter and when it became so."""
        self._turn_to_now()
        return {email: (status, at) for email, status, at in self._state.rows("select * from hubspot_subscriptions")}

    def _turn_to_now(self) -> None:
        now = self._context.clock.now
        if self._known == now or not self._context.tables.columns("hubspot_contacts"):
            return
        seen = dict(self._state.rows("select id, version from hubspot_contacts where id >= ?", (FIRST_ID,)))
        forgotten = {key for (key,) in self._state.rows("select id from hubspot_forgotten")}
        for row in self._context.tables.visible("hubspot_contacts", "contact_id", now).to_pylist():
            if row["contact_id"] in forgotten:
                continue
            if row["is_gone"]:
                self.forget(row["contact_id"])
            elif seen.get(row["contact_id"], 0) < row["version"]:
                self._put(row)
        self._known = now

    def _put(self, row: Row) -> None:
        key, updated, extra = row["contact_id"], _iso(row["updated_at"]), Row()
        before = self._state.rows("select properties, archived_at from hubspot_contacts where id = ?", (key,))
        archived_at = (before[0][1] if before else None) or (updated if row["is_archived"] else None)
        email = None if archived_at else row["email"]
        for ids in filter(None, (row["merged_ids"], self._take_place(key, email))):
            extra["hs_merged_object_ids"] = ";".join(filter(None, (extra.get("hs_merged_object_ids"), ids)))
            self._state.execute("insert or replace into hubspot_merged values (?, ?)", (ids, key))
        extra["hs_additional_emails"] = row["merged_email"]
        extra["hs_email_optout"] = "true" if row["unsubscribed_at"] else None
        extra["hs_object_source"] = "IMPORT" if row["is_import"] else "CRM_UI"
        extra["hs_object_source_id"] = "userId:7"
        held = {**(orjson.loads(before[0][0]) if before else {}), **{name: row[name] for name in TYPED}, **extra}
        properties = orjson.dumps({name: value for name, value in held.items() if value is not None}).decode()
        self._state.execute(
            "insert into hubspot_contacts values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set "
            "email = excluded.email, properties = excluded.properties, version = excluded.version, "
            "updated_at = max(updated_at, excluded.updated_at), archived_at = excluded.archived_at",
            (key, email, properties, _iso(row["created_at"]), updated, row["version"], archived_at),
        )
        for status, at in (("UNSUBSCRIBED", row["unsubscribed_at"]), ("SUBSCRIBED", row["subscribed_at"])):
            if at and row["email"]:
                self._state.execute(
                    "insert or replace into hubspot_subscriptions values (?, ?, ?)", (row["email"], status, _iso(at))
                )
                break

    def _take_place(self, key: int, email: str | None) -> str | None:
        """The id of the app's contact that has the address already, which goes."""
        found = self._state.rows("select id from hubspot_contacts where email = ? and id <> ?", (email, key))
        if not found:
            return None
        self.forget(found[0][0])
        return str(found[0][0])


def _iso(moment: datetime) -> str:
    return text(moment.replace(tzinfo=UTC))
