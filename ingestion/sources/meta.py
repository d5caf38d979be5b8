"""Meta Ads (Facebook, Instagram): ad accounts, campaigns, ad sets, ads, and what each ad cost and claims day by day.

Insights are read by asynchronous reports, whose size Meta bears better than that of one answer; a report that is too
large is asked for in halves. Figures change for up to 28 days, so each reading asks again for the days that may have
changed since the last one. Of these only the days that did change are landed (a fingerprint of each is kept in dlt's
state beside the rows), each as a whole: rows of an account and day replace those landed before, so what Meta takes back
goes too. A day that lost its last row leaves one row without an ad, which staging drops.

A day ends in the account's time zone, and only ended days are read. Backfill windows name days of the accounts.

Objects come in full each time, and those that changed are landed; a status changes without an ``updated_time``. Meta
forgets deleted objects sooner or later, the warehouse does not: nothing is removed from these tables.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Any

import dlt
import orjson
import pyarrow as pa
from dlt.extract.resource import DltResource

import selvage
from ingestion import reading
from ingestion.connect import Finding
from ingestion.http import server_now
from ingestion.meta.days import DAY, Account, Days
from ingestion.meta.graph import Graph, GraphError, TooMuchData
from ingestion.meta.tables import AD_STATUSES, FIELDS, INSIGHTS, OBJECTS, WINDOWS, Objects
from ingestion.position import utc
from ingestion.tables import Line, page_of
from ingestion.window import Window

DESCRIPTION = "Ads on Facebook and Instagram: accounts, campaigns, ad sets, ads, daily spend and claimed conversions."
KINDS = {"meta", "rest"}
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "account_id": selvage.REQUIRED,
    "api_version": "v26.0",
    "start_date": "2026-01-01",
    "restatement_days": "28",
}
SCOPES = ("ads_read",)
FRESHNESS = timedelta(hours=50)  # the newest day that is over ended up to 24 hours ago; one may bring nothing

VENDOR = "meta"
DAYS_KEPT, DAYS_PER_REPORT = 1125 * DAY, 30 * DAY  # Meta keeps 37 months
DAY_KEY = ["account_id", "date_start"]
ROWS_PER_PAGE, MOST_COUNTED = 20_000, 5_000
ACTIVE = 1
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; with a window, the days and the objects updated in it, whatever was read before."""
    return [*(_objects(objects, window) for objects in OBJECTS), _insights(window)]


def _objects(objects: Objects, window: Window | None) -> DltResource:
    rows_of = objects.table.reader()

    @dlt.resource(name=objects.table.name, **objects.table.hints())
    def rows() -> Iterator[pa.Table]:
        lines = list(_changed(objects, window))
        found = rows_of(page_of(lines)) if lines else None
        if found is not None:
            yield found

    return rows


def _changed(objects: Objects, window: Window | None) -> Iterator[Line]:
    """The objects that are not as they were landed; with a window, those updated in it."""
    graph, accounts = _client(selvage.vendor(VENDOR, SETTINGS))
    states = {} if window else dlt.current.source_state().setdefault("objects", {})
    known: dict[str, str] = states.setdefault(objects.table.name, {})
    for account in accounts:
        for item in _items(graph, account, objects, objects.fields):
            updated = item.get("updated_time")
            if window and updated and not window.start <= utc(updated) < window.end:
                continue
            mark = _fingerprint(item)
            if known.get(item["id"]) != mark:
                known[item["id"]] = mark
                yield item["id"], None, 1, objects.table.kind, orjson.dumps(item).decode()


def _items(graph: Graph, account: str, objects: Objects, fields: str) -> Iterator[dict[str, Any]]:
    if not objects.edge:
        yield graph.document(account, {"fields": fields})
        return
    asked = {"fields": fields, "limit": "200", "effective_status": orjson.dumps(objects.statuses).decode()}
    for item in graph.items(f"{account}/{objects.edge}", asked):
        yield {"account_id": account.removeprefix("act_"), **item}


def _insights(window: Window | None) -> DltResource:
    rows_of = INSIGHTS.reader()
    hints = {**INSIGHTS.hints(), "primary_key": None, "merge_key": DAY_KEY}

    @dlt.resource(name=INSIGHTS.name, **hints)
    def rows() -> Iterator[pa.Table]:
        given = selvage.vendor(VENDOR, SETTINGS)
        graph, accounts = _client(given)
        for account_id in accounts:
            lines: list[Line] = []
            for line in _days_that_changed(graph, _account(graph, account_id), given, window):
                lines.append(line)
                if len(lines) == ROWS_PER_PAGE:
                    yield rows_of(page_of(lines))
                    lines = []
            if lines:
                yield rows_of(page_of(lines))

    return rows


def _days_that_changed(
    graph: Graph, account: Account, given: Mapping[str, str], window: Window | None
) -> Iterator[Line]:
    """The rows of each day of an account that is not as it was landed."""
    reading.note_now(VENDOR, account.now)
    states = {} if window else dlt.current.source_state().setdefault("insights", {})
    state: dict[str, Any] = states.setdefault(account.id, {"read_to": None, "days": {}})
    days, marks = _span(account, state["read_to"], given, window), dict[str, str]()
    newest: date | None = None
    for part in days.parts(DAYS_PER_REPORT):
        for read, rows in _report(graph, account, part):
            by_day: dict[str, dict[str, dict[str, Any]]] = {str(day): {} for day in read.each()}
            for row in rows:  # a page may come twice
                by_day[row["date_start"]][f"{row['ad_id']}:{row['publisher_platform']}"] = _in_order(row)
            for day, found in by_day.items():
                settled = [found[key] for key in sorted(found)]
                mark, before = _fingerprint(settled) if settled else "", state["days"].get(day, "")
                marks[day] = mark
                if settled:
                    newest = max(newest or date.min, date.fromisoformat(day))
                elif before or window:
                    settled = [{"account_id": account.id.removeprefix("act_"), "date_start": day}]
                if mark != before or window:
                    yield from _lines(account, settled)
    if newest != account.last_day() and _is_idle(graph, account):
        newest = account.last_day()  # nothing runs: that no day brings anything is as it should be
    reading.note_newest(VENDOR, account.end_of(newest) if newest else None)
    oldest = str(account.last_day() - 2 * _restated(given))
    state["days"] = {day: mark for day, mark in {**state["days"], **marks}.items() if mark and day >= oldest}
    state["read_to"] = str(days.last)


def _span(account: Account, read_to: str | None, given: Mapping[str, str], window: Window | None) -> Days:
    """Which days to read: all since the start date at first, later those that may have changed since ``read_to``."""
    last = account.last_day()
    if window:
        return Days(window.start.date(), min((window.end - timedelta(microseconds=1)).date(), last))
    first = date.fromisoformat(given["start_date"])
    if first < last - DAYS_KEPT:
        first = last - DAYS_KEPT
        reading.note(VENDOR, f"{account.id} is read from {first} on: Meta keeps no older figures")
    if read_to:
        first = max(first, date.fromisoformat(read_to) + DAY - _restated(given))
    return Days(first, last)


def _restated(given: Mapping[str, str]) -> timedelta:
    return int(given["restatement_days"]) * DAY


def _report(graph: Graph, account: Account, days: Days) -> Iterator[tuple[Days, list[dict[str, Any]]]]:
    """The rows of a span of days, in as many reports as Meta needs."""
    # Without the filter, what a deleted ad has cost would vanish from its days.
    everything = [{"field": "ad.effective_status", "operator": "IN", "value": AD_STATUSES}]
    asked = {
        "level": "ad",
        "fields": FIELDS,
        "breakdowns": "publisher_platform",
        "time_increment": "1",
        "time_range": orjson.dumps({"since": str(days.first), "until": str(days.last)}).decode(),
        "action_attribution_windows": orjson.dumps(WINDOWS).decode(),
        "filtering": orjson.dumps(everything).decode(),
    }
    try:
        rows = list(graph.report(account.id, asked))
    except TooMuchData:
        if days.first == days.last:
            raise
        log.info("%s: the report of %s to %s is too large, asking for halves", VENDOR, days.first, days.last)
        for half in days.halves():
            yield from _report(graph, account, half)
        return
    log.info("%s: %s rows of %s to %s read", VENDOR, f"{len(rows):,}", days.first, days.last)
    yield days, rows


def _lines(account: Account, rows: list[dict[str, Any]]) -> Iterator[Line]:
    for row in rows:
        document = orjson.dumps({"account_timezone": account.timezone, **row}).decode()
        yield account.id, None, 1, INSIGHTS.kind, document


def _in_order(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its lists of actions sorted: their order means nothing and must not look like a change."""
    return {name: sorted(value, key=orjson.dumps) if isinstance(value, list) else value for name, value in row.items()}


def _fingerprint(found: Any) -> str:
    return blake2b(orjson.dumps(found, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def _client(given: Mapping[str, str]) -> tuple[Graph, list[str]]:
    """The client and the accounts, of which several may be given, with commas between."""
    accounts = [f"act_{one.strip().removeprefix('act_')}" for one in given["account_id"].split(",") if one.strip()]
    return Graph(given["base_url"], given["api_version"], given["access_token"]), accounts


def _account(graph: Graph, account_id: str) -> Account:
    response = graph.get(account_id, params={"fields": "id,timezone_name"})
    return Account(account_id, orjson.loads(response.content)["timezone_name"], server_now(response))


def _is_idle(graph: Graph, account: Account) -> bool:
    """Whether no campaign of the account is switched on."""
    asked = {"fields": "id", "limit": "1", "effective_status": '["ACTIVE"]'}
    return next(graph.items(f"{account.id}/campaigns", asked), None) is None


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Ask Meta what the token may do, what each account is, and whether its figures can be read."""
    graph, accounts = _client(settings)
    try:
        granted = {one["permission"] for one in graph.items("me/permissions", {}) if one["status"] == "granted"}
    except GraphError as error:
        yield Finding("access token", False, str(error), "Make a system user token in the business settings.")
        return
    lacking = [scope for scope in SCOPES if scope not in granted]
    yield Finding(
        "scopes",
        not lacking,
        f"The token lacks {', '.join(lacking)}." if lacking else f"The token has {', '.join(SCOPES)}.",
        "Make the token anew with ads_read ticked." if lacking else "",
    )
    for account in accounts:
        try:
            found = graph.document(account, {"fields": "name,currency,timezone_name,account_status"})
            since_yesterday = {"level": "account", "fields": "spend", "date_preset": "last_7d"}
            rows = list(graph.items(f"{account}/insights", since_yesterday))
        except GraphError as error:
            yield Finding(
                account, False, str(error), "Give the system user this ad account, with the right to view it."
            )
            continue
        currency, zone, is_active = found["currency"], found["timezone_name"], found["account_status"] == ACTIVE
        spent = f"{rows[0]['spend']} {currency} spent in 7 days" if rows else "nothing spent in 7 days"
        text = f"{found['name']}: {spent}; its days are those of {zone}."
        todo = "" if is_active else f"Its status is {found['account_status']}: look at it in the ads manager."
        yield Finding(account, is_active, text, todo)


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:  # noqa: ARG001
    """Objects by table, whatever ``since`` is: they land in full. Meta does not tell how long a report will be."""
    graph, accounts = _client(settings)
    counts: dict[str, int | None] = {INSIGHTS.name: None}
    for objects in OBJECTS:
        found = (item for account in accounts for item in _items(graph, account, objects, "id"))
        counted = sum(1 for _ in islice(found, MOST_COUNTED + 1))
        counts[objects.table.name] = counted if counted <= MOST_COUNTED else None
    return counts
