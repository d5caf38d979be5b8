"""Ordinary lists: satisfaction ratings, ticket fields, the comments of one ticket, and whose token it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt

from sandbox.streams import Stream
from sandbox.vendors.zendesk.documents import GROUP, ORDER_FIELD, REASON_FIELD, Desk, Row
from sandbox.vendors.zendesk.gate import ApiError, Call, cursor_of

MOST = 100
FIELDS = (
    (3_600_001_000, "subject", "Subject"),
    (REASON_FIELD, "tagger", "Reason"),
    (ORDER_FIELD, "text", "Order number"),
)


class Lists:
    """The calls that are no exports."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def me(self, call: Call) -> dict[str, Any]:
        role = "agent" if call.role == "agent" else "admin"
        return {"user": {"id": 361_000_091, "name": "Robin", "role": role, "active": True}}

    def ticket_fields(self, _: Call) -> dict[str, Any]:
        fields = [{"id": key, "type": kind, "title": title, "active": True} for key, kind, title in FIELDS]
        return {"ticket_fields": fields, "count": len(fields), "next_page": None}

    def satisfaction_ratings(self, call: Call) -> dict[str, Any]:
        """By the time of the offer. An account with CSAT surveys has none of these; the refusal is our guess."""
        if call.role != "admin":
            raise ApiError(403, "Forbidden", "You do not have access to this page. Please contact the account owner.")
        stream, end = self._desk.ratings(), call.number("end_time")
        chosen = _matches(stream, call.text("score"))
        chosen[: stream.since(call.number("start_time", 0) or 0)] = False
        if end is not None:
            chosen[stream.since(end + 1) :] = False
        place = call.place("page[after]")
        if place is not None:
            chosen[: stream.after(place)] = False
        found, size = np.flatnonzero(chosen), call.size("page[size]", MOST)
        rows = [_rating(stream.rows(one, one + 1)[0]) for one in found[:size].tolist()]
        last = stream.place(int(found[:size][-1])) if rows else None
        return {"satisfaction_ratings": rows, **_paging(call, len(found) > size, last)}

    def comments(self, call: Call) -> dict[str, Any]:
        """All of a ticket's comments, with their texts. Those of a deleted ticket are not found."""
        key = int(call.request.path_params["id"])
        ticket = self._desk.tickets().row(key)
        if ticket is None or ticket["status"] == "deleted":
            raise ApiError(404, "RecordNotFound", "Not found")
        stream = self._desk.comments()
        rows = [row for row in stream.rows(0, len(stream)) if row["ticket_id"] == key]
        return {
            "comments": [self._desk.comment(row, self._desk.name_of(ticket["requester_id"])) for row in rows],
            **_paging(call, False, None),
        }


def _matches(stream: Stream, asked: str | None) -> npt.NDArray[np.bool_]:
    """Which ratings are of a kind: ``received`` and ``good`` stand for those with and without a comment."""
    if asked is None:
        return np.ones(len(stream), dtype=bool)
    kind, _, ending = asked.partition("_")
    scores = np.array(stream.table["score"].to_pylist(), dtype=object)
    fits = np.isin(scores, ["good", "bad"] if kind == "received" else [kind])
    return fits & (stream.table["has_comment"].to_numpy() == (ending == "with_comment")) if ending else fits


def _rating(row: Row) -> Row:
    return {
        "id": row["rating_id"],
        "ticket_id": row["ticket_id"],
        "requester_id": row["requester_id"],
        "assignee_id": row["assignee_id"],
        "group_id": GROUP,
        "score": row["score"],
        "comment": "as I said on the phone" if row["has_comment"] else None,
        "reason": None,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _paging(call: Call, has_more: bool, place: tuple[int, Any] | None) -> dict[str, Any]:
    after = cursor_of(place) if place else None
    query = urlencode({**call.request.query_params, "page[after]": after or ""})
    return {
        "meta": {"has_more": has_more, "after_cursor": after, "before_cursor": None},
        "links": {"next": f"{call.url}?{query}" if has_more else None, "prev": None},
    }
