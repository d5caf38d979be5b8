"""The sandbox's TikTok against the world's own tables, and against what its documentation says: ads and their reports."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import pytest
from business_api_client import AccountManagementApi, ApiClient, CampaignCreationApi, Configuration, ReportingApi

from sandbox.server import Running
from tests.sandbox.tiktok_caller import ADVERTISER, OTHER, TikTok

METRICS = ["spend", "impressions", "clicks", "complete_payment", "total_complete_payment_rate", "vta_complete_payment",
           "campaign_name", "ad_name", "shoe_size"]  # fmt: skip
DAILY = {"report_type": "BASIC", "data_level": "AUCTION_AD", "dimensions": ["ad_id", "stat_time_day"]}
SPAN = {"start_date": "2026-04-01", "end_date": "2026-04-30"}
ALL = '[{"field_name": "ad_status", "filter_type": "IN", "filter_value": "[\\"STATUS_ALL\\"]"}]'


@pytest.fixture(scope="module")
def tiktok(server: Running) -> TikTok:
    return TikTok(server)


def report(tiktok: TikTok, **params: Any) -> list[dict[str, Any]]:
    """All rows, page by page."""
    asked, rows, page, pages = {**DAILY, **SPAN, "metrics": METRICS, **params}, [], 1, 1
    while page <= pages:
        answer = tiktok.get("report/integrated/get", **asked, page=page, page_size=200)
        assert answer["code"] == 0, answer
        rows, pages, page = rows + answer["data"]["list"], answer["data"]["page_info"]["total_page"], page + 1
    return rows


def world(tiktok: TikTok, sql: str) -> list[tuple[Any, ...]]:
    now = tiktok.server.now.replace(tzinfo=None)
    return duckdb.execute(sql.format(folder=tiktok.server.world, now=now)).fetchall()


def test_reports_are_the_worlds_and_all_figures_are_text(tiktok: TikTok) -> None:
    rows = report(tiktok, filtering=ALL)
    found = {
        (row["dimensions"]["ad_id"], row["dimensions"]["stat_time_day"], int(row["metrics"]["impressions"]),
         int(row["metrics"]["clicks"]), int(Decimal(row["metrics"]["spend"]) * 100)) for row in rows
    }  # fmt: skip
    assert found == set(
        world(
            tiktok,
            """select ad_id::varchar, strftime(day, '%Y-%m-%d 00:00:00'), impressions, clicks, spend_cents
            from (from '{folder}/tiktok_reports.parquet' where updated_at <= timestamp '{now}'
                qualify row_number() over (partition by report_id order by version desc) = 1)
            where day between '2026-04-01' and '2026-04-30'""",
        )
    )
    assert len(found) == len(rows) > 200
    assert all(isinstance(value, str) for row in rows for value in row["metrics"].values())
    assert {row["metrics"]["shoe_size"] for row in rows} == {"0"}, "what nobody knows is nought, and no error"


def test_claims_are_those_within_the_windows(tiktok: TikTok) -> None:
    rows = report(tiktok) + report(tiktok, start_date="2026-03-05", end_date="2026-03-31")
    ((count, cents, views),) = world(
        tiktok,
        """select count(*), sum(value_cents), count(*) filter (is_view) from '{folder}/tiktok_conversions.parquet'
        where revealed_at <= timestamp '{now}' and day between '2026-03-05' and '2026-04-30'
            and (is_view or delay_seconds < 7 * 86400)""",
    )
    told = [row["metrics"] for row in rows]
    assert sum(int(row["complete_payment"]) for row in told) == count > 0
    assert sum(int(row["vta_complete_payment"]) for row in told) == views
    assert sum(Decimal(row["total_complete_payment_rate"]) for row in told) * 100 == cents


def test_levels_tie(tiktok: TikTok) -> None:
    def spent(**params: Any) -> Decimal:
        return sum((Decimal(row["metrics"]["spend"]) for row in report(tiktok, filtering=ALL, **params)), Decimal(0))

    daily = spent()
    for level in ("advertiser", "campaign", "adgroup", "ad"):
        assert spent(data_level=f"AUCTION_{level.upper()}", dimensions=[f"{level}_id"]) == daily


def test_deleted_ads_are_shown_only_to_who_asks(tiktok: TikTok) -> None:
    usual = {one["ad_id"] for one in tiktok.get("ad/get", page_size=1000)["data"]["list"]}
    asked = {"page_size": 1000, "filtering": '{"primary_status": "STATUS_ALL"}'}
    everything = {one["ad_id"]: one for one in tiktok.get("ad/get", **asked)["data"]["list"]}
    (hidden,) = set(everything) - usual
    assert everything[hidden]["secondary_status"] == "AD_STATUS_DELETE"
    march = {"start_date": "2026-03-01", "end_date": "2026-03-30"}
    assert hidden in {row["dimensions"]["ad_id"] for row in report(tiktok, **march, filtering=ALL)}
    assert hidden not in {row["dimensions"]["ad_id"] for row in report(tiktok, **march)}


@pytest.mark.parametrize(
    "params",
    [
        {"start_date": "2026-03-31"},
        {"start_date": "2026-05-01"},
        {"start_date": "yesterday"},
        {"data_level": "AUCTION_CREATIVE"},
        {"dimensions": ["stat_time_day"]},
        {"report_type": "AUDIENCE"},
        {"page_size": 1001},
        {"filtering": "[{"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(tiktok: TikTok, params: dict[str, Any]) -> None:
    assert tiktok.get("report/integrated/get", **{**DAILY, **SPAN, "metrics": METRICS, **params})["code"] == 40002


def test_pages_are_of_ten_and_may_shift(tiktok: TikTok) -> None:
    first = tiktok.get("ad/get")["data"]
    assert (len(first["list"]), first["page_info"]["total_number"]) == (10, 20)
    tiktok.server.faults("tiktok", "duplicate_page")
    second = tiktok.get("ad/get", page=2)["data"]["list"]
    assert second[0] == first["list"][-1]


def test_an_advertiser_has_a_currency_and_a_zone(tiktok: TikTok, server: Running) -> None:
    (found,) = tiktok.get("advertiser/info", advertiser_ids=[ADVERTISER])["data"]["list"]
    assert (found["currency"], found["timezone"], found["display_timezone"]) == ("USD", "Etc/GMT+4", "America/New_York")
    assert tiktok.get("advertiser/info", advertiser_ids=["7000000000000000009"])["code"] == 40001
    assert TikTok(server, OTHER).get("ad/get")["data"]["list"] == []


def test_tiktoks_own_client_reads_the_same(server: Running, tiktok: TikTok) -> None:
    configuration = Configuration()
    configuration.host = f"{server.url}/tiktok"
    client, token = ApiClient(configuration), "tiktok_sandbox"
    campaigns = CampaignCreationApi(client).campaign_get(ADVERTISER, token, page_size=100, fields=["campaign_id"])
    assert len(campaigns["data"]["list"]) == 5
    (info,) = AccountManagementApi(client).advertiser_info([ADVERTISER], token)["data"]["list"]
    assert info["currency"] == "USD"
    rows = ReportingApi(client).report_integrated_get(
        "BASIC", token, advertiser_id=ADVERTISER, service_type="AUCTION", data_level="AUCTION_AD",
        dimensions=["ad_id", "stat_time_day"], metrics=METRICS, **SPAN, page_size=1000,
    )["data"]["list"]  # fmt: skip
    assert rows == report(tiktok)
