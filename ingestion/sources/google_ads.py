"""Google Ads (Search, Shopping, Performance Max, YouTube): accounts, campaigns, ad groups, ads, their cost and claims.

Queries are read 30 days at a time. Conversions move until the window of their action ends (30 days from the click
unless it was set longer, at most 90) and clicks are corrected for some days, so the last 30 days are asked for again,
and those that changed are landed as a whole; of the objects those that changed (``ingestion.changed``).
An account whose windows are longer sets GOOGLE_ADS_RESTATEMENT_DAYS.

``metrics`` has what an ad or an asset group of Performance Max cost; ``conversions`` what it brought by conversion
action, since the metric mixes purchases with sign-ups; ``account_metrics`` what the whole account cost, beside which
the sum of the first is held. Nothing is filtered by status: what was removed has cost money.

A day ends in the account's time zone, and only ended days are read. Backfill windows name days of the accounts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

import selvage
from ingestion.ads.changes import Figures, Reader, changed_days
from ingestion.ads.days import DAY, Account, Days
from ingestion.changed import Row, changed_objects, pages
from ingestion.connect import Finding
from ingestion.google_ads.api import Api, GoogleAdsError
from ingestion.google_ads.tables import CUSTOMERS, METRICS, OBJECTS, REPORTS, Objects, Report
from ingestion.tables import Line, ReadBy, Table
from ingestion.window import Window

DESCRIPTION = "Ads on Google and YouTube: accounts, campaigns, ad groups, ads, daily spend and conversions by action."
KINDS = {"googleads", "rest"}
VERSION = selvage.ApiVersion("v26", date(2027, 11, 1))  # Google plans its end for November 2027
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "token_url": selvage.REQUIRED,
    "client_id": selvage.REQUIRED,
    "client_secret": selvage.REQUIRED,
    "refresh_token": selvage.REQUIRED,
    "customer_id": selvage.REQUIRED,
    "login_customer_id": "",
    "developer_token": "",
    "api_version": VERSION.name,
    "start_date": "2026-01-01",
    "restatement_days": "30",
}
SCOPES = ("https://www.googleapis.com/auth/adwords",)
FRESHNESS = timedelta(hours=50)  # the newest day that is over ended up to 24 hours ago; one may bring nothing
NOT_READ = {
    "figures of manager accounts": "Google gives none; the accounts below are read one by one",
    "single clicks and their ids": "Google keeps them for 90 days; the shop's own web events have them",
    "figures by search term, keyword, product, place or device": "no mart asks for them",
    "days that are not over": "their figures still grow",
}
READ_BY = {
    **{objects.table.name: ReadBy() for objects in (CUSTOMERS, *OBJECTS)},
    **{report.table.name: ReadBy("date", "restatement_days") for report in REPORTS},
}

VENDOR = "google_ads"
DAYS_KEPT, DAYS_PER_QUERY = 1_110 * DAY, 30 * DAY  # Google keeps 37 months
DAY_KEY = ["customer_id", "date"]
MOST_COUNTED = 5_000
MICRO, DIGITS = Decimal(1_000_000), 6
RUNNING = "SELECT campaign.id FROM campaign WHERE campaign.status = 'ENABLED' LIMIT 1"
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; with a window its days, and all objects, which tell no time of their change."""
    return [*(_objects(one, window) for one in (CUSTOMERS, *OBJECTS)), *(_report(one, window) for one in REPORTS)]


def _objects(objects: Objects, window: Window | None) -> DltResource:
    @dlt.resource(name=objects.table.name, **objects.table.hints())
    def rows() -> Iterator[pa.Table]:
        api, customers = _client(selvage.vendor(VENDOR, SETTINGS))
        items = (
            (f"{customer} {_at(item, objects.fields[0].path)}", {"customer_id": customer, **item}, None)
            for customer in customers
            for item in api.rows(customer, objects.query)
        )
        yield from pages(objects.table, changed_objects(objects.table, items, window))

    return rows


def _report(report: Report, window: Window | None) -> DltResource:
    hints = {**report.table.hints(), "primary_key": None, "merge_key": DAY_KEY}

    @dlt.resource(name=report.table.name, **hints)
    def rows() -> Iterator[pa.Table]:
        given = selvage.vendor(VENDOR, SETTINGS)
        api, customers = _client(given)
        for customer in customers:
            yield from pages(report.table, _days_that_changed(api, report, customer, given, window))

    return rows


def _days_that_changed(
    api: Api, report: Report, customer: str, given: Mapping[str, str], window: Window | None
) -> Iterator[Line]:
    """The rows of each day of an account that is not as it was landed."""
    account, currency = _account(api, customer)
    figures = Figures(
        vendor=VENDOR,
        table=report.table,
        day_column="date",
        keys=_keys(report.table),
        days_kept=DAYS_KEPT,
        restated=int(given["restatement_days"]) * DAY,
        span=DAYS_PER_QUERY,
    )
    reader = Reader(
        read=lambda days: iter([(days, list(_figures(api, report, customer, currency, days)))]),
        empty=lambda day: {"customer_id": customer, "date": day},
        # days without a conversion are usual
        is_idle=lambda: report is METRICS and next(api.rows(customer, RUNNING), None) is None,
    )
    return changed_days(figures, reader, account, date.fromisoformat(given["start_date"]), window)


def _keys(table: Table) -> tuple[str, ...]:
    names = ("ad_group_id", "ad_id", "asset_group_id", "conversion_action")
    return tuple(column.name for column in table.columns if column.name in names)


def _figures(api: Api, report: Report, customer: str, currency: str, days: Days) -> Iterator[Row]:
    """The rows of some days.

    Broken numbers are sums of such, whose last digits may differ from call to call: that must not look like a change.
    """
    for resource, fields in report.resources.items():
        number = 0
        for found in api.rows(customer, report.query(resource, str(days.first), str(days.last))):
            number += 1
            row: Row = {column.name: None for column in report.table.columns if column.name != "account_timezone"}
            row |= {field.column: _settled(_at(found, field.path)) for field in fields}
            yield {**row, "customer_id": customer, "account_currency": currency}
        log.info("%s: %s rows of %s from %s to %s read", VENDOR, f"{number:,}", resource, days.first, days.last)


def _settled(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else value


def _at(found: Row, path: str) -> Any:
    """The value at a dotted path; None where the answer has none."""
    place: Any = found
    for part in path.split("."):
        place = place.get(part) if isinstance(place, dict) else None
    return place


def _client(given: Mapping[str, str]) -> tuple[Api, list[str]]:
    """The client and the accounts, of which several may be given, with commas between."""
    customers = [one.strip().replace("-", "") for one in given["customer_id"].split(",") if one.strip()]
    return Api(given), customers


def _account(api: Api, customer: str) -> tuple[Account, str]:
    """The account and its currency. Raises GoogleAdsError for an answer without it."""
    for row in api.rows(customer, CUSTOMERS.query):
        found = row["customer"]
        return Account(customer, found["timeZone"], api.now), str(found["currencyCode"])
    raise GoogleAdsError(f"google_ads: nothing is told of account {customer}: check GOOGLE_ADS_BASE_URL")


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Ask Google for a token, what each account is, and whether its figures can be read."""
    api, customers = _client(settings)
    for customer in customers:
        try:
            account, currency = _account(api, customer)
            last = account.last_day()
            week = f"BETWEEN '{last - 6 * DAY}' AND '{last}'"
            rows = list(api.rows(customer, f"SELECT metrics.cost_micros FROM customer WHERE segments.date {week}"))
        except GoogleAdsError as error:
            yield Finding(f"account {customer}", False, str(error), "Give the user this account, or name its manager.")
            continue
        spent = sum((Decimal(_at(row, "metrics.costMicros") or 0) for row in rows), Decimal(0)) / MICRO
        text = f"{spent:.2f} {currency} spent in 7 days; its days are those of {account.timezone}."
        yield Finding(f"account {customer}", True, text)


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:  # noqa: ARG001
    """Objects by table, whatever ``since`` is: they land in full. Google does not tell how long an answer will be."""
    api, customers = _client(settings)
    counts: dict[str, int | None] = {report.table.name: None for report in REPORTS}
    for objects in (CUSTOMERS, *OBJECTS):
        found = (item for customer in customers for item in api.rows(customer, objects.query))
        counted = sum(1 for _ in islice(found, MOST_COUNTED + 1))
        counts[objects.table.name] = counted if counted <= MOST_COUNTED else None
    return counts
