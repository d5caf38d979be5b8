"""Meta Ads (Facebook, Instagram): ad accounts, campaigns, ad sets, ads, and what each ad cost and claims day by day.

Insights are read by asynchronous reports, whose size Meta bears better than that of one answer; a report that is too
large is asked for in halves. Figures change for up to 28 days, so that many are asked for again, and those days that
changed are landed as a whole; of the objects those that changed (``ingestion.changed``).

A day ends in the account's time zone, and only ended days are read. Backfill windows name days of the accounts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import dlt
import orjson
import pyarrow as pa
from dlt.extract.resource import DltResource

import selvage
from ingestion.ads.changes import Figures, Reader, changed_days
from ingestion.ads.days import DAY, Account, Days
from ingestion.changed import changed_objects, pages
from ingestion.connect import Finding
from ingestion.http import server_now
from ingestion.meta.graph import Graph, GraphError, TooMuchData
from ingestion.meta.tables import AD_STATUSES, FIELDS, INSIGHTS, OBJECTS, WINDOWS, Objects
from ingestion.tables import Line, ReadBy
from ingestion.window import Window

DESCRIPTION = "Ads on Facebook and Instagram: accounts, campaigns, ad sets, ads, daily spend and claimed conversions."
KINDS = {"meta", "rest"}
VERSION = selvage.ApiVersion("v26.0", date(2027, 7, 29))  # marketing versions are served for about a year
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "account_id": selvage.REQUIRED,
    "api_version": VERSION.name,
    "start_date": "2026-01-01",
    "restatement_days": "28",
}
SCOPES = ("ads_read",)
FRESHNESS = timedelta(hours=50)  # the newest day that is over ended up to 24 hours ago; one may bring nothing
NOT_READ = {
    "figures by age, gender, place or device": "no mart asks for them",
    "reach and frequency": "they can't be summed over days or ads",
    "creatives and their texts": "no mart asks for them; an ad is known by its name",
    "days that are not over": "their figures still grow",
}
READ_BY = {
    **{objects.table.name: ReadBy() for objects in OBJECTS},
    INSIGHTS.name: ReadBy("date_start", "restatement_days"),
}

VENDOR = "meta"
DAYS_KEPT, DAYS_PER_REPORT = 1125 * DAY, 30 * DAY  # Meta keeps 37 months
DAY_KEY = ["account_id", "date_start"]
MOST_COUNTED = 5_000
ACTIVE = 1
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; with a window, the days and the objects updated in it, whatever was read before."""
    return [*(_objects(objects, window) for objects in OBJECTS), _insights(window)]


def _objects(objects: Objects, window: Window | None) -> DltResource:
    @dlt.resource(name=objects.table.name, **objects.table.hints())
    def rows() -> Iterator[pa.Table]:
        graph, accounts = _client(selvage.vendor(VENDOR, SETTINGS))
        items = (
            (item["id"], item, item.get("updated_time"))
            for account in accounts
            for item in _items(graph, account, objects, objects.fields)
        )
        yield from pages(objects.table, changed_objects(objects.table, items, window))

    return rows


def _items(graph: Graph, account: str, objects: Objects, fields: str) -> Iterator[dict[str, Any]]:
    if not objects.edge:
        yield graph.document(account, {"fields": fields})
        return
    asked = {"fields": fields, "limit": "200", "effective_status": orjson.dumps(objects.statuses).decode()}
    for item in graph.items(f"{account}/{objects.edge}", asked):
        yield {"account_id": account.removeprefix("act_"), **item}


def _insights(window: Window | None) -> DltResource:
    hints = {**INSIGHTS.hints(), "primary_key": None, "merge_key": DAY_KEY}

    @dlt.resource(name=INSIGHTS.name, **hints)
    def rows() -> Iterator[pa.Table]:
        given = selvage.vendor(VENDOR, SETTINGS)
        graph, accounts = _client(given)
        for account_id in accounts:
            yield from pages(INSIGHTS, _days_that_changed(graph, _account(graph, account_id), given, window))

    return rows


def _days_that_changed(
    graph: Graph, account: Account, given: Mapping[str, str], window: Window | None
) -> Iterator[Line]:
    """The rows of each day of an account that is not as it was landed."""
    figures = Figures(
        vendor=VENDOR,
        table=INSIGHTS,
        day_column="date_start",
        keys=("ad_id", "publisher_platform"),
        days_kept=DAYS_KEPT,
        restated=int(given["restatement_days"]) * DAY,
        span=DAYS_PER_REPORT,
    )
    reader = Reader(
        read=lambda days: _report(graph, account, days),
        empty=lambda day: {"account_id": account.id.removeprefix("act_"), "date_start": day},
        is_idle=lambda: _is_idle(graph, account),
    )
    return changed_days(figures, reader, account, date.fromisoformat(given["start_date"]), window)


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
