"""What of an ad account's figures is news: days that are not as they were landed.

Platforms change the figures of a day for weeks, so each reading asks again for the days that may have changed since the
last one. Of these only the days that did change are landed (a fingerprint of each is kept in dlt's state beside the
rows), each as a whole: rows of an account and day replace those landed before, so what a platform takes back goes too.
A day that lost its last row leaves one row without an ad, which staging drops. Only days that are over are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dlt
import orjson

from ingestion import reading
from ingestion.ads.days import DAY, Account, Days
from ingestion.changed import Row, fingerprint
from ingestion.tables import Line, Table
from ingestion.window import Window


@dataclass(frozen=True)
class Figures:
    """The daily figures of one platform: where they land, and how long they change and are kept."""

    vendor: str
    table: Table
    day_column: str
    keys: tuple[str, ...]
    """Columns that tell the rows of a day apart."""
    restated: timedelta
    span: timedelta
    """The most days that are asked for at once."""
    days_kept: timedelta | None = None
    """None: nobody says that old figures are forgotten."""


@dataclass(frozen=True)
class Reader:
    """What only the platform's client can do for one account.

    ``read(days)`` yields spans of days, together all that were asked for, each with its rows; a row may come twice.
    ``empty(day)`` is the row of a day that lost its last one. ``is_idle()``: nothing of the account is switched on.
    """

    read: Callable[[Days], Iterator[tuple[Days, list[Row]]]]
    empty: Callable[[str], Row]
    is_idle: Callable[[], bool]


def changed_days(
    figures: Figures, reader: Reader, account: Account, first_day: date, window: Window | None
) -> Iterator[Line]:
    """The rows of each day of an account that is not as it was landed; days before ``first_day`` are not wanted."""
    reading.note_now(figures.vendor, account.now)
    states = {} if window else dlt.current.source_state().setdefault(figures.table.name, {})
    state: dict[str, Any] = states.setdefault(account.id, {"read_to": None, "days": {}})
    days, marks = span_of(figures, account, state["read_to"], first_day, window), dict[str, str]()
    newest: date | None = None
    for part in days.parts(figures.span):
        for read, rows in reader.read(part):
            by_day: dict[str, dict[str, Row]] = {str(day): {} for day in read.each()}
            for row in rows:  # a page may come twice
                key = ":".join(str(row[column]) for column in figures.keys)
                by_day[row[figures.day_column]][key] = _in_order(row)
            for day, found in by_day.items():
                settled = [found[key] for key in sorted(found)]
                mark, before = fingerprint(settled) if settled else "", state["days"].get(day, "")
                marks[day] = mark
                if settled:
                    newest = max(newest or date.min, date.fromisoformat(day))
                elif before or window:
                    settled = [reader.empty(day)]
                if mark != before or window:
                    for row in settled:
                        document = orjson.dumps({"account_timezone": account.timezone, **row}).decode()
                        yield account.id, None, 1, figures.table.kind, document
    if newest != account.last_day() and reader.is_idle():
        newest = account.last_day()  # nothing runs: that no day brings anything is as it should be
    reading.note_newest(figures.vendor, account.end_of(newest) if newest else None)
    oldest = str(account.last_day() - 2 * figures.restated)
    state["days"] = {day: mark for day, mark in {**state["days"], **marks}.items() if mark and day >= oldest}
    state["read_to"] = str(days.last)


def span_of(figures: Figures, account: Account, read_to: str | None, first: date, window: Window | None) -> Days:
    """Which days to read: all since the first at first, later those that may have changed since ``read_to``."""
    last = account.last_day()
    if window:
        return Days(window.start.date(), min((window.end - timedelta(microseconds=1)).date(), last))
    if figures.days_kept is not None and first < last - figures.days_kept:
        first = last - figures.days_kept
        reading.note(figures.vendor, f"{account.id} is read from {first} on: no older figures are kept there")
    if read_to:
        first = max(first, date.fromisoformat(read_to) + DAY - figures.restated)
    return Days(first, last)


def _in_order(row: Row) -> Row:
    """The row with its lists sorted: their order means nothing and must not look like a change."""
    return {name: sorted(value, key=orjson.dumps) if isinstance(value, list) else value for name, value in row.items()}
