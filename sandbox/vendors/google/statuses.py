"""What became of a request: processing for a while in sandbox time, then counts per destination, row by row never.

Errors are counts by reason, with the places of the rows in the request (``recordIndices``) as the newest description of
the API has them; fault ``unnamed_rows`` leaves these out, as older servers do. Outcomes are in the state file.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.google.gate import Call, invalid

PROCESSED_AFTER_SECONDS = 1_800.0
REASON = "PROCESSING_ERROR_REASON_"
TABLE = """create table if not exists google_requests (
    request_id text primary key, kind text not null, destinations text not null, records integer not null,
    detail text not null, errors text not null, is_failed integer not null)"""


class Statuses:
    """The requests that were accepted."""

    def __init__(self, context: Context) -> None:
        self._context = context
        context.state.execute(TABLE)
        # By request: the sandbox second at which its outcome shows. What a stopped server had not shown shows now.
        self._due: dict[str, float] = {}

    def fails(self) -> bool:
        """Whether the next request fails as a whole (fault ``job_failed``): nothing of it is done."""
        return self._context.faults.take("google", "job_failed")

    def note(
        self,
        kind: str,
        destinations: Sequence[dict[str, Any]],
        records: int,
        errors: dict[str, list[int]],
        *,
        detail: dict[str, Any] | None = None,
        is_failed: bool = False,
    ) -> str:
        """Keep the outcome of a request. ``errors``: reason -> places of its rows. Returns the request's id."""
        key = secrets.token_urlsafe(16)
        self._context.state.execute(
            "insert into google_requests values (?, ?, ?, ?, ?, ?, ?)",
            (key, kind, orjson.dumps(list(destinations)).decode(), records, orjson.dumps(detail or {}).decode(),
             orjson.dumps(errors).decode(), int(is_failed)),
        )  # fmt: skip
        self._due[key] = self._context.clock.seconds() + PROCESSED_AFTER_SECONDS
        return key

    def retrieve(self, call: Call) -> dict[str, Any]:
        key = call.query("requestId")
        found = self._context.state.rows(
            "select kind, destinations, records, detail, errors, is_failed from google_requests where request_id = ?",
            (key,),
        )
        if not found:
            raise invalid(("request_id", "INVALID_REQUEST_ID"), reason="INVALID_REQUEST_ID")
        kind, destinations, records, detail, errors, is_failed = found[0]
        is_due = self._context.clock.seconds() >= self._due.get(key, float("-inf"))
        one: dict[str, Any] = {"requestStatus": "PROCESSING"}
        if is_due:
            named = not self._context.faults.take("google", "unnamed_rows")
            one = self._outcome(kind, records, orjson.loads(detail), orjson.loads(errors), bool(is_failed), named)
        return {"requestStatusPerDestination": [{"destination": to, **one} for to in orjson.loads(destinations)]}

    def _outcome(
        self,
        kind: str,
        records: int,
        detail: dict[str, Any],
        errors: dict[str, list[int]],
        is_failed: bool,
        named: bool,
    ) -> dict[str, Any]:
        counts = [
            {"reason": f"{REASON}{reason}", "recordCount": str(len(places))}
            | ({"recordIndices": places} if named else {})
            for reason, places in sorted(errors.items())
        ]
        if is_failed:
            status = "FAILED"
            counts = [{"reason": f"{REASON}INTERNAL_ERROR", "recordCount": str(records)}]
        elif counts:
            status = "FAILED" if sum(map(len, errors.values())) == records else "PARTIAL_SUCCESS"
        else:
            status = "SUCCESS"
        told: dict[str, Any] = {"recordCount": str(records), **detail}
        field = {
            "ingest": ("audienceMembersIngestionStatus", {"userDataIngestionStatus": told}),
            "remove": ("audienceMembersRemovalStatus", {"userDataRemovalStatus": told}),
            "remove_all": ("removeAllAudienceMembersStatus", {}),
            "events": ("eventsIngestionStatus", {"recordCount": str(records)}),
        }[kind]
        answer: dict[str, Any] = {"requestStatus": status, field[0]: field[1]}
        return answer | ({"errorInfo": {"errorCounts": counts}} if counts else {})
