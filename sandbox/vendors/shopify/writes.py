"""What an app writes to customers, orders and products: tags and metafields. Each write moves ``updatedAt``.

- ``tagsAdd`` and ``tagsRemove`` know a tag by its letters, whatever their case; a comma parts two tags.
- ``customerUpdate`` with tags replaces all of them.
- ``metafieldsSet`` takes 25 at most and does all or nothing; its errors name the element. ``metafieldsDelete`` succeeds
  for what is not there.
- ``$app:x`` is the app's own namespace: it is kept, and shown, as ``app--1--x``.
- A definition fixes the type of its metafields, and may be pinned as long as the shop has fewer than 20 pins.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from sandbox.context import Context

Document = dict[str, Any]
TAGGED = ("Customer", "Order", "Product")
MOST_METAFIELDS, MOST_TAGS, MOST_TAG, MOST_PINS = 25, 250, 255, 20
APP_NAMESPACE = "app--1--"
NAMESPACE, KEY = re.compile(r"[\w:$-]{3,255}"), re.compile(r"[\w-]{2,64}")
TABLES = (
    "create table if not exists shopify_tags (gid text primary key, tags text not null, updated_at text not null)",
    """create table if not exists shopify_metafields (
        id integer primary key, gid text not null, namespace text not null, key text not null, type text not null,
        value text not null, created_at text not null, updated_at text not null, unique (gid, namespace, key))""",
    """create table if not exists shopify_metafield_definitions (
        id integer primary key, owner text not null, namespace text not null, key text not null, name text not null,
        type text not null, pinned integer not null, unique (owner, namespace, key))""",
)
INTEGER = re.compile(r"-?\d{1,19}")
CHECKS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda value: {"true": 1, "false": 0}[value],
    "date": date.fromisoformat,
    "date_time": datetime.fromisoformat,
    "json": orjson.loads,
    "multi_line_text_field": str,
    "number_decimal": Decimal,
    "number_integer": lambda value: {True: 1}[bool(INTEGER.fullmatch(value))],
    "single_line_text_field": lambda value: {True: 1}["\n" not in value],
}
Find = Callable[[str], Document | None]


class Writes:
    """The mutations. ``unwritten`` finds an object as the world has it, ``node_of`` as it is now, with all that was
    written (which has to be read anew after each write); ``changed`` is called after each write.
    """

    def __init__(self, context: Context, unwritten: Find, node_of: Find, changed: Callable[[], None]) -> None:
        self._state, self._clock, self._changed = context.state, context.clock, changed
        self._unwritten, self._node_of = unwritten, node_of
        for table in TABLES:
            self._state.execute(table)

    def resolvers(self) -> dict[str, Callable[[Document], Any]]:
        return {
            "customerUpdate": self._update_customer,
            "metafieldDefinitionCreate": lambda args: self._define(args["definition"]),
            "metafieldDefinitions": self._definitions,
            "metafieldsDelete": lambda args: self._delete(args["metafields"]),
            "metafieldsSet": lambda args: self._set(args["metafields"]),
            "tagsAdd": lambda args: self._change_tags(args["id"], args["tags"], add=True),
            "tagsRemove": lambda args: self._change_tags(args["id"], args["tags"], add=False),
        }

    def tags(self) -> dict[str, tuple[list[str], datetime]]:
        """What was written to: gid -> its tags, and when."""
        rows = self._state.rows("select gid, tags, updated_at from shopify_tags")
        return {gid: (orjson.loads(tags), datetime.fromisoformat(at)) for gid, tags, at in rows}

    def metafields_of(self, gid: str) -> list[Document]:
        columns = "id, namespace, key, type, value, created_at, updated_at"
        rows = self._state.rows(f"select {columns} from shopify_metafields where gid = ? order by id", (gid,))
        return [
            {
                "__typename": "Metafield",
                "id": f"gid://shopify/Metafield/{key}",
                "namespace": namespace,
                "key": name,
                "type": kind,
                "value": value,
                "ownerType": gid.split("/")[3].upper(),
                "createdAt": created,
                "updatedAt": updated,
                "compareDigest": hashlib.sha256(value.encode()).hexdigest(),
            }
            for key, namespace, name, kind, value, created, updated in rows
        ]

    def _touch(self, gid: str, tags: list[str]) -> None:
        values = (gid, orjson.dumps(tags).decode(), self._clock.now.isoformat())
        self._state.execute("insert or replace into shopify_tags values (?, ?, ?)", values)
        self._changed()

    def _tags_of(self, gid: str) -> list[str] | None:
        """The tags of an object that can have some, as they are now; None for what is not there."""
        kind = gid.removeprefix("gid://shopify/").partition("/")[0]
        document = self._unwritten(gid) if kind in TAGGED else None
        if document is None:
            return None
        written = self._state.rows("select tags from shopify_tags where gid = ?", (gid,))
        return list(orjson.loads(written[0][0]) if written else document["tags"])

    def _change_tags(self, gid: str, given: list[str], add: bool) -> Document:
        """Add or remove tags; the payload of the mutation."""
        tags = self._tags_of(gid)
        if tags is None:
            kind = gid.removeprefix("gid://shopify/").partition("/")[0]
            return {"node": None, "userErrors": [{"field": ["id"], "message": f"{kind} does not exist"}]}
        clean = {tag.casefold(): tag for tag in _split(given)}
        if any(len(tag) > MOST_TAG for tag in clean.values()):
            return {"node": None, "userErrors": [{"field": ["tags"], "message": "Tag is too long"}]}
        before = {tag.casefold(): tag for tag in tags}
        after = clean | before if add else {key: tag for key, tag in before.items() if key not in clean}
        if len(after) > MOST_TAGS:
            return {"node": None, "userErrors": [{"field": ["tags"], "message": "Too many tags"}]}
        if after != before:
            self._touch(gid, sorted(after.values()))
        return {"node": lambda _: self._node_of(gid), "userErrors": []}

    def _update_customer(self, args: Document) -> Document:
        gid = args["input"].get("id") or ""
        if self._tags_of(gid) is None:
            return {"customer": None, "userErrors": [{"field": ["id"], "message": "Customer does not exist"}]}
        if args["input"].get("tags") is not None:
            self._touch(gid, sorted(set(_split(args["input"]["tags"]))))
        return {"customer": self._node_of(gid), "userErrors": []}

    def _set(self, given: list[Document]) -> Document:
        if len(given) > MOST_METAFIELDS:
            message = f"Exceeded the maximum metafields input limit of {MOST_METAFIELDS}."
            error = {"field": ["metafields"], "message": message, "code": "LESS_THAN_OR_EQUAL_TO", "elementIndex": None}
            return {"metafields": None, "userErrors": [error]}
        tags = {gid: self._tags_of(gid) for gid in {one["ownerId"] for one in given}}
        checked = (self._wrong(number, one, tags[one["ownerId"]] is not None) for number, one in enumerate(given))
        errors = [error for error in checked if error]
        if errors:
            return {"metafields": None, "userErrors": errors}
        now, ids = self._clock.now.isoformat(), list[tuple[str, str, str]]()
        with self._state.together():
            for one in given:
                place = (one["ownerId"], own(one.get("namespace")), one["key"])
                kind = one.get("type") or self._type_of(*place)
                self._state.execute(
                    "insert into shopify_metafields (gid, namespace, key, type, value, created_at, updated_at) "
                    "values (?, ?, ?, ?, ?, ?, ?) on conflict do update set "
                    "type = excluded.type, value = excluded.value, updated_at = excluded.updated_at",
                    (*place, kind, one["value"], now, now),
                )
                ids.append(place)
        for gid in {place[0] for place in ids}:
            self._touch(gid, tags[gid] or [])
        found = {(gid, one["namespace"], one["key"]): one for gid, *_ in ids for one in self.metafields_of(gid)}
        return {"metafields": [found[place] for place in ids], "userErrors": []}

    def _wrong(self, number: int, one: Document, is_there: bool) -> Document | None:
        """The first error of one metafield."""
        namespace, key, value = own(one.get("namespace")), one["key"], one["value"]
        if not is_there:
            found = ("ownerId", "INVALID", "Owner does not exist.")
        elif not NAMESPACE.fullmatch(namespace):
            found = ("namespace", "INVALID", "Namespace is invalid.")
        elif not KEY.fullmatch(key):
            found = ("key", "TOO_SHORT" if len(key) < 2 else "TOO_LONG", "Key is invalid.")
        elif not value.strip():
            found = ("value", "BLANK", "Value can't be blank.")
        else:
            held = [m for m in self.metafields_of(one["ownerId"]) if (m["namespace"], m["key"]) == (namespace, key)]
            kind, defined = one.get("type"), self._type_of(one["ownerId"], namespace, key)
            digest = held[0]["compareDigest"] if held else None
            if (kind or defined) not in CHECKS or (kind and defined and kind != defined):
                found = ("type", "INVALID_TYPE", f"Type '{kind}' must be consistent with the definition.")
            elif not _fits(str(kind or defined), value):
                found = ("value", "INVALID_VALUE", f"Value '{value}' is invalid for the type.")
            elif "compareDigest" in one and one["compareDigest"] != digest:
                found = ("compareDigest", "INVALID_COMPARE_DIGEST", "It was updated since it was read.")
            else:
                return None
        name, code, message = found
        return {
            "field": ["metafields", str(number), name],
            "message": message,
            "code": code,
            "elementIndex": number,
        }

    def _delete(self, given: list[Document]) -> Document:
        deleted, owners = list[Document | None](), set[str]()
        for one in given:
            place = (one["ownerId"], own(one["namespace"]), one["key"])
            gone = self._state.execute(
                "delete from shopify_metafields where gid = ? and namespace = ? and key = ?", place
            )
            owners |= {place[0]} if gone else set()
            deleted.append({"ownerId": place[0], "namespace": place[1], "key": place[2]} if gone else None)
        for gid in owners:
            self._touch(gid, self._tags_of(gid) or [])
        return {"deletedMetafields": deleted, "userErrors": []}

    def _define(self, given: Document) -> Document:
        namespace, pins = own(given.get("namespace")), [one for one in self._defined() if one["pinnedPosition"]]
        place = (given["ownerType"], namespace, given["key"])
        code = None
        if not KEY.fullmatch(given["key"]):
            code = "INVALID_CHARACTER"
        elif given["type"] not in CHECKS:
            code = "INCLUSION"
        elif any((one["ownerType"], one["namespace"], one["key"]) == place for one in self._defined()):
            code = "TAKEN"
        elif given.get("pin") and len(pins) >= MOST_PINS:
            code = "PINNED_LIMIT_REACHED"
        if code:
            error = {"field": ["definition", "key"], "message": f"Definition: {code.lower()}", "code": code}
            return {"createdDefinition": None, "userErrors": [error]}
        self._state.execute(
            "insert into shopify_metafield_definitions (owner, namespace, key, name, type, pinned) "
            "values (?, ?, ?, ?, ?, ?)",
            (*place, given["name"], given["type"], int(bool(given.get("pin")))),
        )
        return {"createdDefinition": self._defined()[-1], "userErrors": []}

    def _definitions(self, args: Document) -> list[Document]:
        wanted = {"ownerType": args["ownerType"], "key": args.get("key")}
        wanted["namespace"] = own(args["namespace"]) if args.get("namespace") else None
        chosen = {name: value for name, value in wanted.items() if value is not None}
        return [one for one in self._defined() if all(one[name] == value for name, value in chosen.items())]

    def _defined(self) -> list[Document]:
        rows = self._state.rows(
            "select id, owner, namespace, key, name, type, pinned from shopify_metafield_definitions order by id"
        )
        return [
            {
                "__typename": "MetafieldDefinition",
                "id": f"gid://shopify/MetafieldDefinition/{key}",
                "ownerType": owner,
                "namespace": namespace,
                "key": name,
                "name": title,
                "description": None,
                "pinnedPosition": key if pinned else None,
                "type": {"category": kind.upper(), "name": kind},
            }
            for key, owner, namespace, name, title, kind, pinned in rows
        ]

    def _type_of(self, gid: str, namespace: str, key: str) -> str | None:
        """The type that the definition fixes, else the one that is there."""
        place = (gid.split("/")[3].upper(), namespace, key)
        for one in self._defined():
            if (one["ownerType"], one["namespace"], one["key"]) == place:
                return str(one["type"]["name"])
        held = [m for m in self.metafields_of(gid) if (m["namespace"], m["key"]) == (namespace, key)]
        return str(held[0]["type"]) if held else None


def own(namespace: str | None) -> str:
    """A namespace as it is kept; without one it is the app's."""
    return (namespace or "$app").replace("$app:", APP_NAMESPACE).replace("$app", APP_NAMESPACE.rstrip("-"))


def chosen(metafields: list[Document], args: Document) -> list[Document]:
    """Those of a namespace and of keys, as a customer's field ``metafields`` is asked for."""
    namespace, keys = args.get("namespace"), args.get("keys")
    return [
        one
        for one in metafields
        if (namespace is None or one["namespace"] == own(namespace)) and (not keys or one["key"] in keys)
    ]


def _fits(kind: str, value: str) -> bool:
    try:
        CHECKS[kind](value)
    except (ValueError, KeyError, InvalidOperation):
        return False
    return True


def _split(tags: list[str]) -> list[str]:
    return [part.strip() for tag in tags for part in tag.split(",") if part.strip()]
