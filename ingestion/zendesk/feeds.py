"""Zendesk's lists: what each is asked for, how its pages follow each other, and which raw tables its objects fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ingestion.tables import Table
from ingestion.zendesk import tables

Document = dict[str, Any]
LAG = timedelta(minutes=10)  # exports leave out the last minute
RATING_LAG = timedelta(days=30)  # a rating may be listed by its offer, weeks before its answer
EVER = datetime(2007, 1, 1)  # noqa: DTZ001 - UTC without zone; there was no Zendesk before


def _updated(found: Document) -> str:
    """Objects of the system itself may have no date of change, nor any other."""
    return str(found.get("updated_at") or found.get("created_at") or EVER.isoformat())


@dataclass(frozen=True)
class Feed:
    """One list. ``follow`` names the parameter of the next page and tells it from a page, None at the end.

    ``objects`` makes flat documents of a page, given the ids of the custom fields that hold an order's number;
    ``version`` tells an object's last change in ISO form, ``cursor`` the raw column that has it. ``has_start``: read
    from the start date on only.
    """

    name: str
    path: str
    tables: tuple[Table, ...]
    parameters: dict[str, str]
    follow: tuple[str, Callable[[Document], str | None]]
    objects: Callable[[Document, frozenset[int]], Iterator[Document]]
    version: Callable[[Document], str] = _updated
    cursor: str = "updated_at"
    lag: timedelta = LAG
    has_start: bool = True


def _after_cursor(page: Document) -> str | None:
    """An end of the stream is the end for now only; the next reading asks by time again."""
    return None if page["end_of_stream"] else str(page["after_cursor"])


def _end_time(page: Document) -> str | None:
    return None if page["end_of_stream"] else str(page["end_time"])


def after(page: Document) -> str | None:
    return str(page["meta"]["after_cursor"]) if page.get("meta", {}).get("has_more") else None


def _tickets(page: Document, order_fields: frozenset[int]) -> Iterator[Document]:
    metrics = {one["ticket_id"]: one for one in page.get("metric_sets") or ()}
    for ticket in page["tickets"]:
        values = [one["value"] for one in ticket.get("custom_fields") or () if one["id"] in order_fields]
        number = next((str(value) for value in values if value), None)
        yield {**ticket, "metrics": metrics.get(ticket["id"]), "order_number": number}


def _users(page: Document, _: frozenset[int]) -> Iterator[Document]:
    identities: dict[int, list[Document]] = {}
    for one in page.get("identities") or ():
        identities.setdefault(one["user_id"], []).append(one)
    for user in page["users"]:
        yield {**user, "identities": identities.get(user["id"], [])}


def _comments(page: Document, _: frozenset[int]) -> Iterator[Document]:
    """The events that hold a comment. It is not asked for: two booleans in the child event tell of it."""
    for event in page["ticket_events"]:
        for child in event["child_events"]:
            if child.get("comment_present"):
                yield {**event, "is_public": child["comment_public"]}
                break


def _ratings(page: Document, _: frozenset[int]) -> Iterator[Document]:
    yield from page["satisfaction_ratings"]


def _generated(ticket: Document) -> str:
    """The system moves ``generated_timestamp`` when it closes or moves a ticket, and leaves ``updated_at``."""
    return datetime.fromtimestamp(ticket["generated_timestamp"], UTC).isoformat()


PAGE = {"per_page": "1000"}
FEEDS = (
    Feed(
        "tickets",
        "incremental/tickets/cursor.json",
        (tables.TICKETS,),
        {**PAGE, "include": "metric_sets"},
        ("cursor", _after_cursor),
        _tickets,
        _generated,
        "generated_at",
    ),
    Feed(
        "users",
        "incremental/users/cursor.json",
        (tables.USERS, tables.USER_IDENTITIES),
        {**PAGE, "include": "identities"},
        ("cursor", _after_cursor),
        _users,
        has_start=False,
    ),
    Feed(
        "ticket_events",
        "incremental/ticket_events.json",
        (tables.TICKET_COMMENTS,),
        PAGE,
        ("start_time", _end_time),
        _comments,
        lambda found: str(found["created_at"]),
        "created_at",
    ),
    Feed(
        "satisfaction_ratings",
        "satisfaction_ratings.json",
        (tables.SATISFACTION_RATINGS,),
        {"page[size]": "100", "score": "received"},
        ("page[after]", after),
        _ratings,
        lag=RATING_LAG,
    ),
)
