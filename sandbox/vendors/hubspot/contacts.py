"""Contacts: known by id and by e-mail, whatever its case; read by list and search, written one by one or by a hundred.

- A batch whose values do not fit is refused whole (400). An input that names nobody fails alone: with a trace id in
  each input the answer is 207 and names it, without it is 404 for all.
- The same contact twice in a batch is refused (400).
- An empty text clears a property. A property that nobody knows is ignored where it is asked for.

Fault ``unnamed_rows``: rows of the next batch that fail are counted and not named.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import text
from sandbox.context import Context
from sandbox.vendors.hubspot.book import Book
from sandbox.vendors.hubspot.gate import Call, Problem
from sandbox.vendors.hubspot.properties import Properties
from sandbox.vendors.hubspot.search import search

MOST_INPUTS = 100

Row = dict[str, Any]


class Contacts:
    """The calls below /objects/contacts."""

    def __init__(self, context: Context, properties: Properties, book: Book) -> None:
        self._context, self._properties, self._book = context, properties, book

    def index(self, call: Call) -> Row:
        """Ten a page unless asked; ``after`` is the last id."""
        limit, after = int(call.params.get("limit") or 10), int(call.params.get("after") or 0)
        if limit > MOST_INPUTS:
            raise Problem(400, "VALIDATION_ERROR", f"limit must be at most {MOST_INPUTS}")
        archived = call.params.get("archived") == "true"
        rows = self._book.rows("and id > ? order by id limit ?", after, limit + 1, archived=archived)
        page: Row = {"results": [_shown(row, _names(call)) for row in rows[:limit]]}
        if len(rows) > limit:
            following = rows[limit - 1]["id"]
            if after and self._context.faults.take("hubspot", "duplicate_page"):
                following = after
            page["paging"] = {"next": {"after": str(following)}}
        return page

    def get(self, call: Call) -> Row:
        place = {"id": call.parts["key"], "idProperty": call.params.get("idProperty")}
        found = self._book.find(place)
        if found is None:
            raise Problem(404, "OBJECT_NOT_FOUND", "Object not found.")
        return _shown(found, _names(call))

    def create(self, call: Call) -> tuple[Row, int]:
        values = call.body.get("properties") or {}
        self._properties.check(values)
        if values.get("email") and self._book.find({"id": values["email"], "idProperty": "email"}):
            raise Problem(409, "CONFLICT", "Contact already exists.")
        return _shown(self._book.write(None, values)), 201

    def archive(self, call: Call) -> None:
        self._book.archive(call.parts["key"])

    def restore(self, call: Call) -> None:
        """What staff do in HubSpot's own pages; its API has no such call. The time of change stays."""
        self._book.restore(call.parts["key"])

    def forget(self, call: Call) -> None:
        self._book.forget(str(call.body.get("objectId")))

    def search(self, call: Call) -> Row:
        rows, total, following = search(self._book.rows("order by id"), call.body)
        page: Row = {"total": total, "results": [_shown(row, call.body.get("properties") or []) for row in rows]}
        return page | ({"paging": {"next": {"after": following}}} if following else {})

    def read(self, call: Call) -> tuple[Row, int]:
        """By ids; who is not there is among the errors (207)."""
        inputs = call.body.get("inputs") or []
        if not 0 < len(inputs) <= MOST_INPUTS:
            raise Problem(400, "VALIDATION_ERROR", f"The maximum number of inputs supported is {MOST_INPUTS}")
        found = [self._book.find(one) for one in inputs]
        rows = {row["id"]: row for row in found if row}
        gone = [str(one["id"]) for one, row in zip(inputs, found, strict=True) if row is None]
        names = list(call.body.get("properties") or [])
        body: Row = {"status": "COMPLETE", "results": [_shown(row, names) for row in rows.values()]}
        if not gone:
            return body, 200
        about = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects"}
        return body | {"numErrors": 1, "errors": [{**about, "context": {"ids": gone}}]}, 207

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
            found = self._book.find(one)
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
            row = self._book.write(found, {**new, **(one.get("properties") or {})})
            results.append({**_shown(row), **trace, **({"new": found is None} if makes else {})})
        now = text(self._context.clock.now)
        body: Row = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
        return (body | {"numErrors": len(errors), "errors": errors}, 207) if errors else (body, 200)


def _names(call: Call) -> list[str]:
    return [one for one in (call.params.get("properties") or "").split(",") if one]


def _shown(row: Row, names: list[str] | None = None) -> Row:
    """A contact with the properties that were asked for, or all that have a value; all values are texts."""
    held, key = row["properties"], str(row["id"])
    shown = {name: held.get(name) for name in ("email", *names)} if names else held
    own = {"hs_object_id": key, "createdate": row["createdAt"], "lastmodifieddate": row["updatedAt"]}
    return {**row, "id": key, "properties": {**shown, **own}}
