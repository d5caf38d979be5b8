"""Streaming segments: an audience without files, and people told to it one by one by their hashes.

A row has one cell per key of ``id_schema``, empty where the person lacks it; every other shape refuses the whole batch.
How many rows a call may have is told nowhere: here it is what others are known to send.
"""

from __future__ import annotations

from typing import Any

from sandbox.vendors.tiktok.audiences import Audiences
from sandbox.vendors.tiktok.entries import Cell
from sandbox.vendors.tiktok.envelope import HASH, NOT_HASHED, TOO_MANY_ROWS, ApiError, Call, wrong

KEYS = ("EMAIL_SHA256", "PHONE_SHA256", "AAID_SHA256", "IDFA_SHA256", "GAID_SHA256")
MOST_ROWS = 1_000


class Segments:
    """The calls below /segment/."""

    def __init__(self, audiences: Audiences) -> None:
        self._audiences, self._entries = audiences, audiences.entries

    def audience(self, call: Call) -> dict[str, Any]:
        """POST segment/audience/: create or delete."""
        action = call.needed("action")
        if action == "create":
            return {"audience_id": str(self._audiences.make(call, "segment")["audience_id"])}
        if action == "delete":
            row = self._audiences.of([call.needed("advertiser_id")], call.needed("audience_id"))
            self._audiences.drop([row])
            return {"audience_id": str(row["audience_id"])}
        raise wrong("action: Not a valid choice.")

    def mapping(self, call: Call) -> dict[str, Any]:
        """POST segment/mapping/: add or delete, all rows or none."""
        action, schema, rows = call.needed("action"), call.listed("id_schema"), call.listed("batch_data")
        if action not in ("add", "delete"):
            raise wrong("action: Not a valid choice.")
        if not schema or not set(schema) <= set(KEYS) or len(set(schema)) < len(schema):
            raise wrong("id_schema: a key is unknown or there twice")
        if not 1 <= len(rows) <= MOST_ROWS:
            raise ApiError(TOO_MANY_ROWS, f"batch_data: must have from 1 to {MOST_ROWS} rows")
        told: dict[str, set[Cell]] = {}
        for row in rows:
            _read(schema, row, told)
        found = {key: self._audiences.open(call.listed("advertiser_ids"), key)["audience_id"] for key in told}
        if any(row["kind"] != "segment" for key in found for row in self._audiences.rows("and audience_id = ?", key)):
            raise wrong("audience_ids: The audience is not a segment.")
        with self._audiences.context.state.together():
            for key, cells in told.items():
                with self._entries.changing(found[key]):
                    (self._entries.put if action == "add" else self._entries.take)(found[key], cells)
                self._audiences.note(found[key], action.upper(), f"{len(rows)} rows", call.moment)
        return {}


def _read(schema: list[str], row: Any, told: dict[str, set[Cell]]) -> None:
    """Add a row's cells to those of its audiences. Raises ApiError for one of the wrong shape."""
    if not isinstance(row, list) or len(row) != len(schema):
        raise wrong("batch_data: a row does not have one cell for each key of id_schema")
    if not any(row):
        raise wrong("batch_data: a row has no id")
    for key, cell in zip(schema, row, strict=True):
        if cell == {}:
            continue
        if not isinstance(cell, dict) or set(cell) != {"id", "audience_ids"}:
            raise wrong("batch_data: a cell is neither empty nor an id with audience_ids")
        if not isinstance(cell["id"], str) or not HASH.fullmatch(cell["id"]):
            raise ApiError(NOT_HASHED, "batch_data: an id is not a SHA-256 hash in lower case")
        if not isinstance(cell["audience_ids"], list) or not cell["audience_ids"]:
            raise wrong("batch_data: audience_ids must be a list of ids")
        for audience in cell["audience_ids"]:
            told.setdefault(str(audience), set()).add((key, cell["id"]))
