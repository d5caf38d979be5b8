"""The incremental exports: tickets and users by cursor, ticket events by time. All leave out the last minute.

Without ``include=comment_events`` a comment shows in its event's child events as two booleans alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sandbox.streams import Stream, seconds_of
from sandbox.vendors.zendesk.documents import EXPORT_LAG, Desk, Row
from sandbox.vendors.zendesk.gate import ApiError, Call, cursor_of

MOST = 1_000


class Exports:
    """The calls below /incremental."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def tickets(self, call: Call) -> dict[str, Any]:
        rows, more = self._by_cursor(call, self._desk.tickets(EXPORT_LAG))
        answer: dict[str, Any] = {"tickets": [self._desk.ticket(row) for row in rows], **more}
        if "metric_sets" in _included(call):
            answer["metric_sets"] = [self._desk.metric_set(row) for row in rows]
        return answer

    def users(self, call: Call) -> dict[str, Any]:
        rows, more = self._by_cursor(call, self._desk.users(EXPORT_LAG))
        answer: dict[str, Any] = {"users": [self._desk.user(row) for row in rows], **more}
        if "identities" in _included(call):
            answer["identities"] = [one for row in rows for one in self._desk.identities(row)]
        return answer

    def ticket_events(self, call: Call) -> dict[str, Any]:
        start = self._start(call)
        stream, size = self._desk.comments(EXPORT_LAG), call.size("per_page", MOST)
        first = stream.since(start)
        last = min(first + size, len(stream))
        if last > first and last < len(stream) and stream.at[last - 1] == start:
            last = stream.since(start + 1)  # a second that no page can hold comes as a whole
        end = int(stream.at[last - 1]) if last > first else start
        wants = "comment_events" in _included(call)
        events = [self._event(row, wants) for row in stream.rows(first, last)]
        query = urlencode({**call.request.query_params, "start_time": end})
        return {
            "ticket_events": events,
            "count": len(events),
            "end_time": end,
            "next_page": f"{call.url}?{query}",
            "end_of_stream": last == len(stream),
        }

    def _event(self, row: Row, wants_comments: bool) -> Row:
        via = row["channel"]
        child: Row = {"id": row["comment_id"] + 1, "via": via, "via_reference_id": None}
        if wants_comments:
            child |= {**self._desk.comment(row, self._desk.name_of(row["author_id"])), "event_type": "Comment"}
        else:
            child |= {"comment_present": True, "comment_public": row["public"], "event_type": "Comment"}
        return {
            "id": row["comment_id"],
            "ticket_id": row["ticket_id"],
            "event_type": "Audit",
            "timestamp": seconds_of(row["created_at"]),
            "created_at": row["created_at"],
            "updater_id": row["author_id"],
            "via": via,
            "merged_ticket_ids": [],
            "child_events": [child],
        }

    def _start(self, call: Call) -> int:
        start = call.number("start_time")
        if start is None:
            raise ApiError(400, "InvalidValue", "start_time is required")
        if start > self._desk.streams.now() - EXPORT_LAG:
            raise ApiError(422, "StartTimeTooRecent", "Too recent start_time. Use a start_time older than 1 minute")
        return start

    def _by_cursor(self, call: Call, stream: Stream) -> tuple[list[Row], dict[str, Any]]:
        """One page and what follows it: rows are shown again when they change, so a cursor never ends for good."""
        cursor = call.place("cursor")
        first = stream.after(cursor) if cursor else stream.since(self._start(call))
        last = min(first + call.size("per_page", MOST), len(stream))
        rows = stream.rows(first, last)
        place = stream.place(last - 1) if rows else cursor or (self._start(call) - 1, 0)
        if cursor and last < len(stream) and self._desk.context.faults.take("zendesk", "duplicate_page"):
            place = cursor
        after = cursor_of(place)
        return rows, {
            "after_cursor": after,
            "after_url": f"{call.url}?{urlencode({**_lasting(call), 'cursor': after})}",
            "before_cursor": None,
            "before_url": None,
            "end_of_stream": last == len(stream),
        }


def _included(call: Call) -> list[str]:
    return (call.text("include") or "").split(",")


def _lasting(call: Call) -> dict[str, str]:
    """The parameters that hold for the pages after this one too."""
    return {name: value for name, value in call.request.query_params.items() if name not in ("start_time", "cursor")}
