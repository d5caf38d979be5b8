"""Every ad platform against the sandbox: days that change are landed again, days that do not are not, faults change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

import selvage
from ingestion import pipeline
from ingestion.discovery import sources
from ingestion.meta import graph
from ingestion.tiktok import api
from ingestion.window import Window
from sandbox.server import Running, call, running
from tests.ingestion.conftest import DAYS, PEOPLE, land


@dataclass(frozen=True)
class Platform:
    """Where a platform's figures are in the warehouse and in the world, and what can go wrong."""

    table: str
    day: str
    zone: str
    spend: str
    keys: str
    file: str
    file_key: str
    token: str
    faults: tuple[str, ...]
    gone: str
    """What the ad that is no longer listed says of itself."""
    units: int = 1
    """Of spend, to one of the account's currency."""


TRANSPORT = ("throttle", "error_500", "hangup", "transient", "duplicate_page")
PLATFORMS = {
    "meta": Platform(
        table="insights", day="date_start", zone="America/Los_Angeles", spend="spend",
        keys="ad_id, publisher_platform", file="meta_insights", file_key="insight_id", token="META_ACCESS_TOKEN",
        faults=(*TRANSPORT, "expired_cursor", "job_failed"), gone="ARCHIVED",
    ),
    "tiktok": Platform(
        table="reports", day="stat_date", zone="America/New_York", spend="spend",
        keys="ad_id", file="tiktok_reports", file_key="report_id", token="TIKTOK_ACCESS_TOKEN",
        faults=TRANSPORT, gone="AD_STATUS_DELETE",
    ),
    "google_ads": Platform(
        table="metrics", day="date", zone="America/Chicago", spend="cost_micros",
        keys="ad_group_id, ad_id, asset_group_id", file="google_ads_metrics", file_key="metric_id",
        token="GOOGLE_ADS_REFRESH_TOKEN", faults=TRANSPORT[:-1], gone="REMOVED", units=1_000_000,
    ),
}  # fmt: skip
every_platform = pytest.mark.parametrize("vendor", PLATFORMS)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small a world has more than one page, and its reports are made at once."""
    monkeypatch.setattr(api, "ROWS_PER_PAGE", 60)
    monkeypatch.setattr(graph, "POLL_FROM", 0.01)


@pytest.fixture
def ads(shop: Running, vendor: str) -> Running:
    """The sandbox without faults."""
    for kind in PLATFORMS[vendor].faults:
        shop.faults(vendor, kind, 0)
    return shop


def tables(vendor: str) -> list[str]:
    return [resource.name for resource in sources()[vendor].source().selected_resources.values()]


def content(home: selvage.Settings, vendor: str) -> dict[str, list[dict[str, Any]]]:
    """All rows, but for those that say of a day that it is empty."""
    sql = "select columns(c -> c <> '_dlt_load_id') from raw_{}.{} order by all"
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        found = {table: warehouse.execute(sql.format(vendor, table)).to_arrow_table() for table in tables(vendor)}
    return {
        table: [row for row in rows.to_pylist() if row.get("campaign_id", "") is not None]
        for table, rows in found.items()
    }


@pytest.fixture(scope="module")
def landed_once(small_shop: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What a reading without any fault brings, by platform."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELVAGE_HOME", str(tmp_path_factory.mktemp("reference")))
        patch.setenv("SELVAGE_SANDBOX_PORT", str(small_shop.port))
        for vendor in PLATFORMS:
            land(vendor)
        return {vendor: content(selvage.settings(), vendor) for vendor in PLATFORMS}


def told(server: Running, vendor: str, last: date) -> dict[str, Decimal]:
    """Spend by day, as the newest version of each figure in the world's own files has it now."""
    platform = PLATFORMS[vendor]
    found = duckdb.execute(
        f"select day::varchar, sum(spend_cents) from (select * from read_parquet(?) where updated_at <= ? and day <= ? "
        f"qualify row_number() over (partition by {platform.file_key} order by version desc) = 1) group by 1",
        [str(server.world / f"{platform.file}.parquet"), server.now.replace(tzinfo=None), last],
    ).fetchall()
    return {day: Decimal(cents) / 100 for day, cents in found}


@every_platform
def test_the_first_reading_brings_every_ended_day(vendor: str, small_shop: Running, landed_once) -> None:
    platform, found = PLATFORMS[vendor], landed_once[vendor]
    spend: dict[str, Decimal] = {}
    for row in found[platform.table]:
        spend[row[platform.day]] = (
            spend.get(row[platform.day], Decimal(0)) + Decimal(row[platform.spend]) / platform.units
        )
        assert (row["account_timezone"], row["account_currency"]) == (platform.zone, "USD")
    # the vendor's clock stands at midnight UTC, which is the evening of the day before there: that day is not over
    ended = small_shop.now.date() - timedelta(days=2)
    assert max(spend) == str(ended)
    assert spend == told(small_shop, vendor, ended)
    assert any(platform.gone in row.values() for row in found["ads"]), "what is gone is asked for"


@every_platform
def test_faults_change_nothing(vendor: str, ads: Running, home: selvage.Settings, landed_once) -> None:
    for kind in PLATFORMS[vendor].faults:
        ads.faults(vendor, kind, 2)
    land(vendor)
    assert vendor not in call(ads.port, "faults"), "a fault that nobody met proves nothing"
    assert content(home, vendor) == landed_once[vendor]


@pytest.fixture(scope="module")
def moving_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("moving"), people=PEOPLE, days=DAYS) as server:
        yield server


@every_platform
def test_days_that_changed_are_replaced_and_nothing_else_lands(
    vendor: str, moving_shop: Running, home: selvage.Settings, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(moving_shop.port))
    platform, raw = PLATFORMS[vendor], f"raw_{vendor}.{PLATFORMS[vendor].table}"
    spend = f"sum({platform.spend})::decimal(24, 8) / {platform.units}::bigint"
    by_day = f"select {platform.day}, ({spend})::decimal(18, 2) from {raw} group by 1"
    assert land(vendor)[platform.table] > 100
    before = dict(rows(by_day))
    assert land(vendor) == {}

    moving_shop.advance(days=1)
    assert platform.table in (landed := land(vendor))
    assert landed.keys() <= {platform.table, "conversions", "account_metrics"}
    after = dict(rows(by_day))
    assert after == told(moving_shop, vendor, moving_shop.now.date() - timedelta(days=2))
    restated = [day for day in before if after[day] != before[day]]
    settled = str(moving_shop.now.date() - timedelta(days=33))
    assert len(restated) > 5
    assert min(restated) > settled
    assert rows(f"select count(*) - count(distinct ({platform.day}, {platform.keys})) from {raw}") == [(0,)]

    # a backfill replaces its days, and leaves the position and all other days alone
    state, kept = pipeline.pipeline(vendor).state["sources"], content(home, vendor)
    now = moving_shop.now.replace(tzinfo=None)
    window = Window(now - timedelta(days=20), now - timedelta(days=18))
    assert land(vendor, window=window)[platform.table] > 0
    newest = f"select distinct {platform.day} from {raw} where _dlt_load_id = (select max(_dlt_load_id) from {raw})"
    days = [str(window.start.date()), str(window.start.date() + timedelta(days=1))]
    assert sorted(day for (day,) in rows(newest)) == days
    assert content(home, vendor) == kept
    assert pipeline.pipeline(vendor).state["sources"] == state
    assert land(vendor) == {}


@every_platform
def test_a_bad_token_is_named_and_not_shown(vendor: str, ads: Running, home, monkeypatch: pytest.MonkeyPatch) -> None:
    token = PLATFORMS[vendor].token
    monkeypatch.setenv(token, "a-secret-that-expired")
    with pytest.raises(pipeline.SourceFailed, match=token) as failure:
        land(vendor)
    assert "a-secret" not in str(failure.value)


def test_google_tells_asset_groups_beside_ads_and_purchases_apart_from_sign_ups(landed_once) -> None:
    metrics, conversions = (landed_once["google_ads"][table] for table in ("metrics", "conversions"))
    shown = {(row["advertising_channel_type"], bool(row["ad_id"]), bool(row["asset_group_id"])) for row in metrics}
    assert shown == {("SEARCH", True, False), ("VIDEO", True, False), ("PERFORMANCE_MAX", False, True)}
    by_category: dict[str, Decimal] = {}
    for row in conversions:
        key = row["conversion_action_category"]
        by_category[key] = by_category.get(key, Decimal(0)) + row["conversions"]
    assert by_category.keys() == {"PURCHASE", "SIGNUP"}
    assert sum(by_category.values()) == sum(row["conversions"] for row in metrics), "the metric mixes both"
    whole = sum(row["cost_micros"] for row in landed_once["google_ads"]["account_metrics"])
    assert sum(row["cost_micros"] for row in metrics) == whole > 0
    again = [row for row in conversions if row["conversion_action_name"] == "GA4 purchase"]
    assert sum(row["conversions"] for row in again) == 0 < sum(row["all_conversions"] for row in again)
