"""Contacts: known by id and by e-mail, whatever its case; written one by one or by a hundred.

- A batch whose values do not fit is refused whole (400). An input that names nobody fails alone: with a trace id in
  each input the answer is 207 and names it, without it is 404 for all.
- The same contact twice in a batch is refused (400).
- An empty text clears a property. Search sees a write at once, where HubSpot's index lags by some minutes.

Fault ``unnamed_rows``: rows of the next batch that fail are counted and not named.
"""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.clock import text
from sandbox.context import Context
from sandbox.vendors.hubspot.gate import Call, Problem
from sandbox.vendors.hubspot.properties import Properties

MOST_INPUTS, FIRST_ID = 100, 101
TABLE = """create table if not exists hubspot_contacts (
    id integer primary key, email text unique, properties text not null, created_at text not null,
    updated_at text not null)"""

Row = dict[str, Any]


class Contacts:
    """The calls below /objects/contacts."""

    def __init__(self, context: Context, properties: Properties) -> None:
        self._context, self._state, self._properties = context, context.state, properties
        self._state.execute(TABLE)

    def index(self, call: Call) -> Row:
        """Ten a page unless asked; ``after`` is the last id."""
        limit, after = int(call.params.get("limit") or 10), int(call.params.get("after") or 0)
        if limit > MOST_INPUTS:
            raise Problem(400, "VALIDATION_ERROR", f"limit must be at most {MOST_INPUTS}")
        rows = self._rows("where id > ? order by id limit ?", after, limit + 1)
        names = [one for one in (call.params.get("properties") or "").split(",") if one]
        page: Row = {"results": [_shown(row, names) for row in rows[:limit]]}
        if len(rows) > limit:
            page["paging"] = {"next": {"after": str(rows[limit - 1]["id"])}}
        return page

    def get(self, call: Call) -> Row:
        names = [one for one in (call.params.get("properties") or "").split(",") if one]
        return _shown(self._known({"id": call.parts["key"], "idProperty": call.params.get("idProperty")}), names)

    def create(self, call: Call) -> tuple[Row, int]:
        values = call.body.get("properties") or {}
        self._properties.check(values)
        if values.get("email") and self._find({"id": values["email"], "idProperty": "email"}):
            raise Problem(409, "CONFLICT", "Contact already exists.")
        return _shown(self._write(None, values)), 201

    def archive(self, call: Call) -> None:
        self._state.execute("delete from hubspot_contacts where id = ?", (call.parts["key"],))

    def search(self, call: Call) -> Row:
        """One group of filters EQ and IN is all that is served."""
        (group,) = call.body["filterGroups"]
        rows = self._rows("order by id")
        for one in group["filters"]:
            wanted = one.get("values") or [one.get("value")]
            rows = [row for row in rows if row["properties"].get(one["propertyName"]) in wanted]
        limit = int(call.body.get("limit") or 10)
        shown = [_shown(row, call.body.get("properties") or []) for row in rows[:limit]]
        return {"total": len(rows), "results": shown}

    def upsert(self, call: Call) -> tuple[Row, int]:
        return self._batch(call, makes=True)

    def update(self, call: Call) -> tuple[Row, int]:
        return self._batch(call, makes=False)

    def _batch(self, call: Call, *, makes: bool) -> tuple[Row, int]:
        inputs = call.body.get("inputs")
        if not isinstance(inputs, list) or not 0 < len(inputs) <= MOST_INPUTS:
            raise Problem(400, "VALIDATION_ERROR", f"The maximum number of inputs supported is {MOST_INPUTS}")
        places = [(one.get("idProperty"), str(one.get("id")).lower()) for one in inputs]
        if len(set(places)) < len(places):
            raise Problem(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input", ("DUPLICATE_ID",))
        for one in inputs:
            new = {"email": one["id"]} if makes and one.get("idProperty") == "email" else {}
            self._properties.check({**new, **(one.get("properties") or {})})
        is_traced = all(one.get("objectWriteTraceId") for one in inputs)
        hides = self._context.faults.take("hubspot", "unnamed_rows")
        results, errors = list[Row](), list[Row]()
        for one in inputs:
            trace = {"objectWriteTraceId": one["objectWriteTraceId"]} if is_traced else {}
            found = self._find(one)
            if found is None and not makes:
                if not is_traced:
                    raise Problem(404, "OBJECT_NOT_FOUND", "Object not found.")
                context = (
                    {} if hides else {"ids": [str(one["id"])], "objectWriteTraceId": [trace["objectWriteTraceId"]]}
                )
                about = {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": "Could not get some CONTACT objects",
                }
                errors.append({**about, "context": context})
                continue
            new = {"email": one["id"]} if found is None and one.get("idProperty") == "email" else {}
            row = self._write(found, {**new, **(one.get("properties") or {})})
            results.append({**_shown(row), **trace, **({"new": found is None} if makes else {})})
        now = text(self._context.clock.now)
        body: Row = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
        return (body | {"numErrors": len(errors), "errors": errors}, 207) if errors else (body, 200)

    def _rows(self, condition: str, *values: Any) -> list[Row]:
        columns = "id, properties, created_at, updated_at"
        return [
            {"id": key, "properties": orjson.loads(held), "createdAt": created, "updatedAt": updated}
            for key, held, created, updated in self._state.rows(
                f"select {columns} from hubspot_contacts {condition}", values
            )
        ]

    def _find(self, place: Row) -> Row | None:
        column, value = (
            ("email", str(place["id"]).lower()) if place.get("idProperty") == "email" else ("id", place["id"])
        )
        return next(iter(self._rows(f"where {column} = ?", value)), None)

    def _known(self, place: Row) -> Row:
        found = self._find(place)
        if found is None:
            raise Problem(404, "OBJECT_NOT_FOUND", "Object not found.")
        return found

    def _write(self, before: Row | None, values: Row) -> Row:
        held = {**(before["properties"] if before else {}), **values}
        held = {name: str(value) for name, value in held.items() if value not in ("", None)}
        if "email" in held:
            held["email"] = held["email"].lower()
        now, properties = text(self._context.clock.now), orjson.dumps(held).decode()
        if before:
            self._state.execute(
                "update hubspot_contacts set email = ?, properties = ?, updated_at = ? where id = ?",
                (held.get("email"), properties, now, before["id"]),
            )
            return self._known(before)
        self._state.execute(
            "insert into hubspot_contacts select coalesce(max(id) + 1, ?), ?, ?, ?, ? from hubspot_contacts",
            (FIRST_ID, held.get("email"), properties, now, now),
        )
        return self._rows("order by id desc limit 1")[0]


def _shown(row: Row, names: list[str] | None = None) -> Row:
    """A contact with the properties that were asked for, or all that have a value; all values are texts."""
    held = row["properties"]
    shown = {name: held.get(name) for name in ("email", *names)} if names else held
    return {**row, "id": str(row["id"]), "properties": {**shown, "hs_object_id": str(row["id"])}, "archived": False}
