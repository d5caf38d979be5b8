"""Exchange rates: the European Central Bank's reference rates, or another table of the same form.

The bank serves one file with a row a working day, newest first, and a column a currency: units of it for one euro, N/A
where there is none. It is read whole, packed (zip) or not; there is nothing smaller that has all days. Of its days
those are landed that are new or not as they were landed, each as a whole, so a revised day replaces the former.
Weekends and holidays have no row: which rate counts then is for the models to say.
"""

from __future__ import annotations

import csv
import io
import logging
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dlt
import orjson
import pyarrow as pa
from requests import RequestException

import selvage
from ingestion import reading
from ingestion.changed import fingerprint, pages
from ingestion.connect import Finding
from ingestion.http import rest_client, server_now
from ingestion.tables import Column, Line, ReadBy, Table
from ingestion.window import Window

DESCRIPTION = "Exchange rates of each working day against the euro, as the European Central Bank publishes them."
KINDS = {"exchange_rates", "http"}
VERSION = None
SETTINGS = {"url": selvage.REQUIRED, "start_date": "2026-01-01", "revised_days": "14"}
FRESHNESS = timedelta(days=6)  # four days without a rate at Easter, and the next comes in the afternoon
RATES = Table(
    "rates",
    "rates",
    (
        Column("rate_date", path="rate_date"),
        Column("currency_code", path="currency_code"),
        Column("base_currency_code", path="base_currency_code"),
        Column("rate", "price", "rate"),
    ),
)
READ_BY = {RATES.name: ReadBy("rate_date", "revised_days")}
NOT_READ = {
    "rates of the hours of a day": "documents are turned into the reporting currency by their day",
    "days before the start date": "no document of the shop is older",
}

VENDOR = "exchange_rates"
SCOPES = ()
BASE, NONE, FIRST_COLUMN = "EUR", "N/A", "Date"
BEFORE = 7  # a document of the first days needs the last rate before them
PUBLISHED = timedelta(hours=15)  # 16:00 in Frankfurt, an hour earlier or later by the season
CURRENCY, DAY = re.compile(r"[A-Z]{3}"), re.compile(r"\d{4}-\d\d-\d\d")
RATE = re.compile(r"\d{1,12}([.]\d+)?")
log = logging.getLogger(__name__)

Rates = dict[str, str]


class NotTheTable(ValueError):
    """What the address answers is not the table; the message says where and what to do."""


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """The one raw table; with a window, its days as they stand now."""

    @dlt.resource(name=RATES.name, **{**RATES.hints(), "primary_key": None, "merge_key": RATES.key})
    def rows() -> Iterator[pa.Table]:
        yield from pages(RATES, _changed(selvage.vendor(VENDOR, SETTINGS), window))

    return [rows]


def _changed(given: Mapping[str, str], window: Window | None) -> Iterator[Line]:
    """A line per rate of each day that is not as it was landed."""
    days, now = _days(given)
    reading.note_now(VENDOR, now)
    state = {} if window else dlt.current.source_state().setdefault(RATES.name, {})
    marks: dict[str, str] = state.get("days", {})
    newest = max(days, default=None)
    if newest:
        reading.note_newest(VENDOR, datetime.fromisoformat(newest) + PUBLISHED)
    first = _first(given, state.get("read_to"), window)
    last = str(window.end.date()) if window else "9999"
    found = 0
    for day in sorted(one for one in days if first <= one < last):
        mark = fingerprint(days[day])
        if marks.get(day) != mark:
            marks[day], found = mark, found + 1
            for currency, rate in sorted(days[day].items()):
                row = {"rate_date": day, "currency_code": currency, "base_currency_code": BASE, "rate": rate}
                yield day, None, 1, RATES.kind, orjson.dumps(row).decode()
    if newest:
        oldest = _back(newest, 2 * int(given["revised_days"]))
        state |= {"read_to": newest, "days": {day: mark for day, mark in marks.items() if day >= oldest}}
    log.info("%s: %s days are new or revised", VENDOR, found)


def _first(given: Mapping[str, str], read_to: str | None, window: Window | None) -> str:
    if window:
        return str(window.start.date())
    first = _back(given["start_date"], BEFORE)
    return max(first, _back(read_to, int(given["revised_days"]))) if read_to else first


def _back(day: str, days: int) -> str:
    return str(date.fromisoformat(day) - timedelta(days=days))


def _days(given: Mapping[str, str]) -> tuple[dict[str, Rates], datetime]:
    """Day -> currency -> units for one euro, as text, and the server's clock. Raises NotTheTable."""
    folder, _, file = given["url"].rpartition("/")
    response = rest_client(folder, {}).get(file)
    response.raise_for_status()
    content = response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = packed.read(packed.namelist()[0])
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig", errors="replace")))
    header = [name.strip() for name in next(lines, [])]
    if header[:1] != [FIRST_COLUMN]:
        raise NotTheTable(
            f"{VENDOR}: what EXCHANGE_RATES_URL answers does not begin with the column {FIRST_COLUMN}: "
            "set it to the address of eurofxref-hist.zip, or of a CSV file of that form"
        )
    days = {line[0].strip(): _rates(header, line, number) for number, line in enumerate(lines, 2) if line}
    return days, server_now(response)


def _rates(header: list[str], line: list[str], number: int) -> Rates:
    """The rates of a row. A value that is no rate stops the reading: a wrong rate would be in every figure."""
    texts = dict(zip(header, map(str.strip, line), strict=False))
    told = {name: text for name, text in texts.items() if CURRENCY.fullmatch(name) and text not in ("", NONE)}
    wrong = [] if DAY.fullmatch(texts[FIRST_COLUMN]) else [(FIRST_COLUMN, "day")]
    wrong += [(name, "rate") for name, text in told.items() if not RATE.fullmatch(text) or not Decimal(text)]
    for field, what in wrong:
        raise NotTheTable(
            f"{VENDOR}: row {number}, {field}: not a {what}; nothing was landed, and the next run reads it again: "
            "if it stays so, set EXCHANGE_RATES_URL to another table"
        )
    return told


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is the table there, and up to which day."""
    try:
        days, _ = _days(settings)
    except (NotTheTable, RequestException) as error:
        text = str(error) if isinstance(error, NotTheTable) else f"EXCHANGE_RATES_URL fails: {type(error).__name__}."
        yield Finding("table", False, text, "Set EXCHANGE_RATES_URL as docs/connect.md says.")
        return
    yield Finding("table", bool(days), f"readable, up to {max(days, default='no day')}")


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rates from a day on."""
    days, _ = _days(settings)
    return {RATES.name: sum(len(rates) for day, rates in days.items() if day >= str(since.date()))}
