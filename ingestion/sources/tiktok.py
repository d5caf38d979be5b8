"""TikTok Ads: advertisers, campaigns, ad groups, ads, and what each ad cost and claims day by day.

Reports are read at once (TikTok's asynchronous ones are few a day), 30 days at a time, which is the most it gives.
Figures change for up to 28 days, so that many are asked for again, and those days that changed are landed as a whole;
of the objects those that changed (``ingestion.changed``). What was deleted is asked for too: it has cost
money. What TikTok Shop's own campaigns (GMV Max) cost is in another report, which is not read.

A day ends in the advertiser's time zone, and only ended days are read; TikTok completes the newest one during half a
day, which the readings after it bring. Backfill windows name days of the advertisers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

import selvage
from ingestion.ads.changes import Figures, Reader, changed_days
from ingestion.ads.days import DAY, Account, Days
from ingestion.changed import Row, changed_objects, pages
from ingestion.connect import Finding
from ingestion.tables import Line, ReadBy
from ingestion.tiktok.api import Api, TikTokError
from ingestion.tiktok.tables import ADVERTISERS, METRICS, OBJECTS, REPORTS, Objects
from ingestion.window import Window

DESCRIPTION = "Ads on TikTok: advertisers, campaigns, ad groups, ads, daily spend and claimed purchases."
KINDS = {"tiktok", "rest"}
VERSION = selvage.ApiVersion("v1.3", None)  # the only one in use; no end was announced
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "advertiser_id": selvage.REQUIRED,
    "advertiser_ids": "",  # several with commas between, where more are read than audiences are sent to
    "api_version": VERSION.name,
    "start_date": "2026-01-01",
    "restatement_days": "28",
}
SCOPES = ("Ad Account Management", "Ads Management", "Reporting")
FRESHNESS = timedelta(hours=50)  # the newest day that is over ended up to 24 hours ago; one may bring nothing
NOT_READ = {
    "campaigns of TikTok Shop (GMV Max)": "what they cost stands in a report of its own",
    "figures by age, gender, place or device": "they come hours later than the others, and no mart asks for them",
    "reach and frequency": "they can't be summed over days or ads",
    "creatives and their texts": "no mart asks for them; an ad is known by its name",
    "days that are not over": "their figures still grow",
}
READ_BY = {
    **{objects.table.name: ReadBy() for objects in (ADVERTISERS, *OBJECTS)},
    REPORTS.name: ReadBy("stat_date", "restatement_days"),
}

VENDOR = "tiktok"
DAYS_PER_REPORT = 30 * DAY
DAY_KEY = ["advertiser_id", "stat_date"]
REPORT = "report/integrated/get"
EVERYTHING = {"primary_status": "STATUS_ALL"}
RUNNING = {"primary_status": "STATUS_DELIVERY_OK"}
ENABLED = "STATUS_ENABLE"
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; with a window, the days and the objects changed in it, whatever was read before."""
    return [_advertisers(window), *(_objects(objects, window) for objects in OBJECTS), _reports(window)]


def _advertisers(window: Window | None) -> DltResource:
    @dlt.resource(name=ADVERTISERS.table.name, **ADVERTISERS.table.hints())
    def rows() -> Iterator[pa.Table]:
        api, advertisers = _client(selvage.vendor(VENDOR, SETTINGS))
        items = ((key, _advertiser(api, key), None) for key in advertisers)
        yield from pages(ADVERTISERS.table, changed_objects(ADVERTISERS.table, items, window))

    return rows


def _objects(objects: Objects, window: Window | None) -> DltResource:
    @dlt.resource(name=objects.table.name, **objects.table.hints())
    def rows() -> Iterator[pa.Table]:
        api, advertisers = _client(selvage.vendor(VENDOR, SETTINGS))
        items = (
            (item[objects.key], item, item.get("modify_time"))
            for advertiser in advertisers
            for item in api.rows(
                objects.path,
                {"advertiser_id": advertiser, "fields": objects.fields, "filtering": EVERYTHING},
                lambda row: str(row[objects.key]),
            )
        )
        yield from pages(objects.table, changed_objects(objects.table, items, window))

    return rows


def _reports(window: Window | None) -> DltResource:
    hints = {**REPORTS.hints(), "primary_key": None, "merge_key": DAY_KEY}

    @dlt.resource(name=REPORTS.name, **hints)
    def rows() -> Iterator[pa.Table]:
        given = selvage.vendor(VENDOR, SETTINGS)
        api, advertisers = _client(given)
        for advertiser in advertisers:
            yield from pages(REPORTS, _days_that_changed(api, _advertiser(api, advertiser), given, window))

    return rows


def _days_that_changed(api: Api, advertiser: Row, given: Mapping[str, str], window: Window | None) -> Iterator[Line]:
    """The rows of each day of an advertiser that is not as it was landed."""
    key = str(advertiser["advertiser_id"])
    account = Account(key, _zone(advertiser), api.now)
    figures = Figures(
        vendor=VENDOR,
        table=REPORTS,
        day_column="stat_date",
        keys=("ad_id",),
        restated=int(given["restatement_days"]) * DAY,
        span=DAYS_PER_REPORT,
    )
    reader = Reader(
        read=lambda days: iter([(days, _report(api, advertiser, days))]),
        empty=lambda day: {"advertiser_id": key, "stat_date": day},
        is_idle=lambda: _is_idle(api, key),
    )
    return changed_days(figures, reader, account, date.fromisoformat(given["start_date"]), window)


def _asked(advertiser: Row, days: Days) -> dict[str, Any]:
    """The question for a report of at most 30 days."""
    return {
        "advertiser_id": advertiser["advertiser_id"],
        "report_type": "BASIC",
        "service_type": "AUCTION",
        "data_level": "AUCTION_AD",
        "dimensions": ["ad_id", "stat_time_day"],
        "metrics": METRICS,
        "start_date": str(days.first),
        "end_date": str(days.last),
        # Without the filter, what a deleted ad has cost would vanish from its days.
        "filtering": [{"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}],
    }


def _report(api: Api, advertiser: Row, days: Days) -> list[Row]:
    """The rows of at most 30 days."""
    found = api.rows(
        REPORT, _asked(advertiser, days), lambda row: "{ad_id} {stat_time_day}".format(**row["dimensions"])
    )
    log.info("%s: %s rows of %s to %s read", VENDOR, f"{len(found):,}", days.first, days.last)
    return [
        {
            "advertiser_id": advertiser["advertiser_id"],
            "account_currency": advertiser["currency"],
            "ad_id": row["dimensions"]["ad_id"],
            "stat_date": row["dimensions"]["stat_time_day"].partition(" ")[0],
            **row["metrics"],
        }
        for row in found
    ]


def _client(given: Mapping[str, str]) -> tuple[Api, list[str]]:
    """The client and the advertisers."""
    listed = given["advertiser_ids"] or given["advertiser_id"]
    advertisers = [one.strip() for one in listed.split(",") if one.strip()]
    return Api(given["base_url"], given["api_version"], given["access_token"]), advertisers


def _advertiser(api: Api, key: str) -> Row:
    """Raises TikTokError for one that the token was not granted."""
    found: list[Row] = api.data(ADVERTISERS.path, {"advertiser_ids": [key], "fields": ADVERTISERS.fields})["list"]
    if not found:
        raise TikTokError(f"tiktok: there is no advertiser {key}: set TIKTOK_ADVERTISER_ID", 0)
    return found[0]


def _is_idle(api: Api, advertiser: str) -> bool:
    """Whether no campaign is being delivered."""
    return _total(api, "campaign/get", {"advertiser_id": advertiser, "filtering": RUNNING, "page_size": 1}) == 0


def _total(api: Api, path: str, asked: Mapping[str, Any]) -> int:
    """How many rows a list has."""
    return int(api.data(path, asked)["page_info"]["total_number"])


def _zone(advertiser: Row) -> str:
    """The zone's name, where TikTok tells it; else its distance from UTC."""
    return str(advertiser.get("display_timezone") or advertiser["timezone"])


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Ask TikTok for each advertiser, and whether its figures can be read."""
    api, advertisers = _client(settings)
    for key in advertisers:
        try:
            advertiser = _advertiser(api, key)
            last = Account(key, _zone(advertiser), api.now).last_day()
            rows = _report(api, advertiser, Days(last - 6 * DAY, last))
        except TikTokError as error:
            yield Finding(
                f"advertiser {key}", False, str(error), "Authorise the app for this advertiser, with reporting."
            )
            continue
        spent = sum((Decimal(row["spend"]) for row in rows), Decimal(0))
        is_enabled = advertiser["status"] == ENABLED
        money, zone = f"{spent} {advertiser['currency']}", _zone(advertiser)
        text = f"{advertiser['name']}: {money} spent in 7 days; its days are those of {zone}."
        todo = "" if is_enabled else f"Its status is {advertiser['status']}: look at it in TikTok's Ads Manager."
        yield Finding(f"advertiser {key}", is_enabled, text, todo)


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Objects by table, whatever ``since`` is: they land in full. Reports: one row an ad and day since then."""
    api, advertisers = _client(settings)
    counts: dict[str, int | None] = {ADVERTISERS.table.name: len(advertisers)}
    for objects in OBJECTS:
        counts[objects.table.name] = sum(
            _total(api, objects.path, {"advertiser_id": key, "filtering": EVERYTHING, "page_size": 1})
            for key in advertisers
        )
    found = [_advertiser(api, key) for key in advertisers]
    counts[REPORTS.name] = sum(
        _total(api, REPORT, {**_asked(advertiser, days), "page_size": 1})
        for advertiser in found
        for days in _since(Account(str(advertiser["advertiser_id"]), _zone(advertiser), api.now), since.date())
    )
    return counts


def _since(account: Account, first: date) -> Iterator[Days]:
    return Days(first, account.last_day()).parts(DAYS_PER_REPORT)
