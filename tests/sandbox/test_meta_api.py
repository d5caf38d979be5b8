"""The sandbox's Meta against the world's own tables, and against what Meta's documentation says: ads and insights."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.server import Running, running
from tests.sandbox.conftest import SIZE, request
from tests.sandbox.meta_caller import ACCOUNT, DAILY, Meta, error

FIELDS = ["account_id", "account_currency", "campaign_name", "ad_id", "impressions", "clicks", "inline_link_clicks",
          "spend", "reach", "actions", "action_values"]  # fmt: skip
SHOWN = """
    select ad_id::varchar, day::varchar, publisher_platform, impressions, clicks, spend_cents
    from (from '{folder}/meta_insights.parquet' where updated_at <= timestamp '{now}'
        qualify row_number() over (partition by insight_id order by version desc) = 1)
    where day between ? and ?
"""


@pytest.fixture(scope="module")
def meta(server: Running) -> Meta:
    return Meta(server)


@pytest.fixture(scope="module")
def moving(sandbox_home: Path, server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meta]:
    """The same world behind a clock of its own, which a test may move, with limits as Meta has them."""
    home = tmp_path_factory.mktemp("moving")
    (home / "vendors").mkdir()
    for name in ("world", "truth"):
        (home / "vendors" / name).symlink_to(sandbox_home / "vendors" / name)
    with running(home, **SIZE, speed=1.0) as found:
        yield Meta(found)


def value(row: dict, kind: str, action: str, window: str = "value") -> Decimal:
    found = [one for one in row.get(kind, ()) if one["action_type"] == action]
    return Decimal(found[0].get(window, "0")) if found else Decimal(0)


def test_token_and_version_are_compulsory(meta: Meta, server: Running) -> None:
    assert error(request(f"{meta.base}/{ACCOUNT}?access_token=wrong", {})) == (190, None)
    assert error(request(f"{meta.base}/{ACCOUNT}", {})) == (2500, None)
    assert request(f"{meta.base}/{ACCOUNT}?access_token=meta_sandbox", {}).status == 200
    assert Meta(server, "v21.0").call("GET", ACCOUNT).status == 200
    assert error(Meta(server, "v20.0").call("GET", ACCOUNT)) == (2635, None)
    assert error(meta.call("GET", "act_1")) == (100, 33)
    assert error(meta.call("GET", f"{ACCOUNT}/nothing")) == (2500, None)
    assert error(meta.call("GET", ACCOUNT, fields="name,shoe_size")) == (100, None)


def test_account_has_a_currency_and_a_zone_of_its_own(meta: Meta) -> None:
    found = meta.get(ACCOUNT, fields="name,currency,timezone_name,timezone_offset_hours_utc,account_status")
    assert found.pop("name")
    assert found == {
        "id": ACCOUNT, "currency": "USD", "timezone_name": "America/Los_Angeles", "timezone_offset_hours_utc": -7,
        "account_status": 1,
    }  # fmt: skip
    assert [one["id"] for one in meta.pages("me/adaccounts")] == [ACCOUNT]
    granted = {one["permission"] for one in meta.get("me/permissions")["data"] if one["status"] == "granted"}
    assert {"ads_read", "ads_management"} <= granted


def test_campaigns_bear_the_names_that_visits_carry(meta: Meta) -> None:
    names = {one["name"] for one in meta.pages(f"{ACCOUNT}/campaigns", fields="name", limit=2)}
    arrived = meta.world("select distinct campaign_name from '{folder}/web_events.parquet' "
                         "where lower(campaign_source) in ('facebook', 'fb', 'fb ads', 'instagram', 'ig')")  # fmt: skip
    assert names == {name for (name,) in arrived}
    campaign = meta.get(f"{ACCOUNT}/campaigns", fields="name", limit=1)["data"][0]["id"]
    adsets = meta.pages(f"{campaign}/adsets", fields="campaign_id,attribution_spec")
    assert {one["campaign_id"] for one in adsets} == {campaign}
    ads = [ad["id"] for adset in adsets for ad in meta.pages(f"{adset['id']}/ads")]
    assert ads == [ad["id"] for ad in meta.pages(f"{campaign}/ads")]


def test_archived_ads_are_shown_only_to_who_asks(meta: Meta) -> None:
    usual = {one["id"] for one in meta.pages(f"{ACCOUNT}/ads", limit=500)}
    both = ["ACTIVE", "ARCHIVED"]
    everything = {one["id"] for one in meta.pages(f"{ACCOUNT}/ads", limit=500, effective_status=both)}
    (hidden,) = everything - usual
    assert meta.get(hidden, fields="effective_status")["effective_status"] == "ARCHIVED"
    assert hidden in {row["ad_id"] for row in meta.insights("2026-03-01", "2026-03-31", fields=["ad_id"])}
    where = [{"field": "ad.effective_status", "operator": "IN", "value": ["ARCHIVED"]}]
    assert [one["id"] for one in meta.pages(f"{ACCOUNT}/ads", filtering=where)] == [hidden]


def test_insights_are_the_worlds_and_all_numbers_are_text(meta: Meta) -> None:
    rows = meta.insights("2026-04-01", "2026-04-20", fields=FIELDS, limit=300)
    found = {
        (row["ad_id"], row["date_start"], row["publisher_platform"], int(row["impressions"]), int(row["clicks"]),
         int(Decimal(row["spend"]) * 100)) for row in rows
    }  # fmt: skip
    assert found == set(meta.world(SHOWN, "2026-04-01", "2026-04-20"))
    assert len(found) == len(rows) > 600
    assert all(row["date_start"] == row["date_stop"] and row["account_currency"] == "USD" for row in rows)
    numbers = [row[name] for row in rows for name in ("impressions", "clicks", "spend", "reach")]
    numbers += [one["value"] for row in rows for one in row.get("actions", [])]
    assert all(isinstance(number, str) for number in numbers)


def test_levels_and_ranges_tie_but_reach_does_not(meta: Meta) -> None:
    asked = {"breakdowns": [], "fields": ["spend", "reach", "impressions", "campaign_name"]}
    daily = meta.insights("2026-04-01", "2026-04-20", **asked)
    for level, increment in (("campaign", 1), ("account", 1), ("account", "all_days"), ("adset", "all_days")):
        rows = meta.insights("2026-04-01", "2026-04-20", **asked, level=level, time_increment=increment)
        assert sum(Decimal(row["spend"]) for row in rows) == sum(Decimal(row["spend"]) for row in daily)
    (whole,) = meta.insights("2026-04-01", "2026-04-20", **asked, level="account", time_increment="all_days")
    assert (whole["date_start"], whole["date_stop"]) == ("2026-04-01", "2026-04-20")
    assert int(whole["reach"]) < sum(int(row["reach"]) for row in daily)
    assert "campaign_name" not in whole
    campaign = meta.get(f"{ACCOUNT}/campaigns", limit=1)["data"][0]["id"]
    one = meta.pages(f"{campaign}/insights", **{**DAILY, "level": "campaign", "date_preset": "last_14d"})
    only = [{"field": "campaign.id", "operator": "IN", "value": [campaign]}]
    assert one == meta.pages(
        f"{ACCOUNT}/insights", **{**DAILY, "level": "campaign", "date_preset": "last_14d"}, filtering=only
    )


def test_claims_overlap_and_come_by_window(meta: Meta) -> None:
    windows = ["1d_click", "7d_click", "28d_click", "1d_view"]
    rows = meta.insights("2026-03-05", "2026-04-25", fields=FIELDS, action_attribution_windows=windows)
    claimed = {name: sum(value(row, "actions", "omni_purchase", name) for row in rows) for name in ("value", *windows)}
    ((total, view, week, cents),) = meta.world(
        """select count(*) filter (is_view or delay_seconds < 7 * 86400), count(*) filter (is_view),
            count(*) filter (not is_view and delay_seconds < 7 * 86400),
            sum(value_cents) filter (is_view or delay_seconds < 7 * 86400)
        from '{folder}/meta_conversions.parquet'
        where revealed_at <= timestamp '{now}' and day between '2026-03-05' and '2026-04-25'"""
    )
    assert (claimed["value"], claimed["1d_view"], claimed["7d_click"]) == (total, view, week)
    assert claimed["value"] == claimed["7d_click"] + claimed["1d_view"]
    assert claimed["1d_click"] < claimed["7d_click"] < claimed["28d_click"]
    assert sum(value(row, "action_values", "omni_purchase") for row in rows) * 100 == cents
    by_type = {
        name: sum(value(row, "actions", name) for row in rows)
        for name in ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
    }
    assert by_type["omni_purchase"] == by_type["purchase"] > by_type["offsite_conversion.fb_pixel_purchase"] > 0


def test_windows_that_are_gone_are_not_answered(meta: Meta) -> None:
    rows = meta.insights(
        "2026-03-05", "2026-04-25", fields=["actions"], action_attribution_windows=["28d_view", "7d_view"]
    )
    purchases = [one for row in rows for one in row.get("actions", []) if one["action_type"] == "omni_purchase"]
    assert purchases
    assert {frozenset(one) for one in purchases} == {frozenset({"action_type", "value"})}
    refused = meta.call("GET", f"{ACCOUNT}/insights", action_attribution_windows=["2d_click"])
    assert error(refused) == (100, None)


@pytest.mark.parametrize(
    "params",
    [
        {"level": "creative"},
        {"breakdowns": ["age"]},
        {"time_range": {"since": "2026-04-02", "until": "2026-04-01"}},
        {"time_range": {"since": "2020-01-01", "until": "2026-04-01"}},
        {"time_range": "yesterday"},
        {"fields": "spend,shoe_size"},
        {"limit": 0},
        {"after": "nonsense"},
        {"filtering": [{"field": "ad.name", "operator": "CONTAIN", "value": "a"}]},
    ],
)
def test_parameters_that_make_no_sense_are_refused(meta: Meta, params: dict) -> None:
    assert error(meta.call("GET", f"{ACCOUNT}/insights", **params)) == (100, None)


def test_too_much_at_once_is_refused(meta: Meta) -> None:
    answer = meta.call("GET", f"{ACCOUNT}/insights", **{**DAILY, "limit": 5000})
    assert (answer.status, error(answer)) == (500, (1, None))
    assert error(meta.call("GET", f"{ACCOUNT}/ads", limit=5000)) == (1, None)


def test_report_is_made_meanwhile_and_then_read_by_pages(meta: Meta) -> None:
    span = {"since": "2026-04-01", "until": "2026-04-20"}
    key, seen = meta.report(**DAILY, fields=FIELDS, time_range=span)
    assert (seen[-1]["async_status"], seen[-1]["async_percent_completion"]) == ("Job Completed", 100)
    assert meta.pages(f"{key}/insights", limit=400) == meta.insights(**span, fields=FIELDS)
    assert error(meta.call("GET", "6085000000001")) == (100, 33)


def test_report_may_fail_and_a_fault_passes(meta: Meta) -> None:
    meta.server.faults("meta", "job_failed")
    key, seen = meta.report(level="account", date_preset="last_7d")
    assert seen[-1]["async_status"] == "Job Failed"
    assert error(meta.call("GET", f"{key}/insights"))[0] == 2601
    meta.server.faults("meta", "transient")
    answer = meta.call("GET", ACCOUNT)
    assert (answer.status, error(answer)[0], answer.json["error"]["is_transient"]) == (500, 2, True)
    assert meta.call("GET", ACCOUNT).status == 200


def test_throttle_has_a_code_by_kind_of_call(meta: Meta) -> None:
    for path, code in ((f"{ACCOUNT}/insights", 80000), (f"{ACCOUNT}/customaudiences", 80003), (ACCOUNT, 80004)):
        meta.server.faults("meta", "throttle")
        answer = meta.call("GET", path)
        assert (answer.status, error(answer)[0]) == (400, code)
        (usage,) = json.loads(answer.headers["x-business-use-case-usage"])["900100200"]
        assert usage["call_count"] == 100


def test_duplicate_page_repeats_rows_and_loses_none(meta: Meta) -> None:
    def ids() -> list[str]:
        return [one["id"] for one in meta.pages(f"{ACCOUNT}/ads", limit=7)]

    plain = ids()
    meta.server.faults("meta", "duplicate_page")
    doubled = ids()
    assert len(doubled) > len(plain) == len(set(plain))
    assert set(doubled) == set(plain)
    following = meta.get(f"{ACCOUNT}/ads", limit=7)["paging"]["next"]
    meta.server.faults("meta", "expired_cursor")
    assert error(meta.call("GET", following)) == (100, None)


def test_a_day_grows_for_four_weeks_and_then_stands_still(moving: Meta) -> None:
    now = moving.server.now
    day = moving.world("select strftime(timestamp '{now}' - interval 1 day, '%Y-%m-%d')")[0][0]

    def told() -> tuple[Decimal, int, Decimal]:
        (row,) = moving.insights(day, day, level="account", breakdowns=[], fields=["spend", "impressions", "actions"])
        return Decimal(row["spend"]), int(row["impressions"]), value(row, "actions", "omni_purchase")

    readings = [told()]
    for days in (1, 1, 6, 12, 9, 1):
        moving.server.advance(days)
        readings.append(told())
    for low, high in itertools.pairwise(readings):
        assert all(before <= after for before, after in zip(low, high, strict=True))
    assert readings[0][0] < readings[1][0] < readings[2][0] < readings[4][0]
    assert readings[-1] == readings[-2]
    ((cents, settled),) = moving.world(
        "select sum(spend_cents), max(settled_at) from '{truth}/ad_totals.parquet' "
        "where platform = 'meta' and spend_date = ?",
        day,
    )
    assert settled < moving.server.now.replace(tzinfo=None)
    assert readings[-1][0] * 100 == cents
    assert (moving.server.now - now).days == 30


# The last one: it leaves the account shut out for five minutes.
def test_limits_rise_block_and_are_told(moving: Meta) -> None:
    seen, answer = [], moving.call("GET", f"{ACCOUNT}/insights", level="account")
    while answer.status == 200 and len(seen) < 100:
        (usage,) = json.loads(answer.headers["x-business-use-case-usage"])["900100200"]
        assert usage["type"] == "ads_insights"
        seen.append(json.loads(answer.headers["x-fb-ads-insights-throttle"])["acc_id_util_pct"])
        answer = moving.call("GET", f"{ACCOUNT}/insights", level="account")
    assert seen[0] < seen[len(seen) // 2] < seen[-1]
    assert seen[-1] > 90
    assert error(answer) == (17, 2446079)
    (usage,) = json.loads(answer.headers["x-business-use-case-usage"])["900100200"]
    assert usage["estimated_time_to_regain_access"] == 5
    assert error(moving.form("POST", f"{ACCOUNT}/customaudiences", name="Too fast")) == (613, 1487742)
