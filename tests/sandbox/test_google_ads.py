"""The sandbox's Google Ads against the world's own tables, and against what its documentation says."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from sandbox.server import Running
from sandbox.vendors.google_ads import gate
from sandbox.vendors.google_ads.gaql import parse
from sandbox.vendors.google_ads.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from tests.sandbox.conftest import Answer, request

ACCOUNT, MANAGER = "1112223333", "9998887777"
APRIL = "segments.date BETWEEN '2026-04-01' AND '2026-04-30'"


class GoogleAds:
    """Queries of the one user."""

    def __init__(self, server: Running) -> None:
        self.server, self.base = server, f"{server.url}/google_ads"
        given = f"grant_type=refresh_token&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&refresh_token={REFRESH_TOKEN}"
        self.token = request(f"{self.base}/token", {}, given.encode()).json["access_token"]

    def post(
        self, query: str, method: str = "search", account: str = ACCOUNT, version: str = "v26", **more: str
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **more}
        return request(f"{self.base}/{version}/customers/{account}/googleAds:{method}", headers, {"query": query})

    def rows(self, query: str, **more: Any) -> list[dict[str, Any]]:
        answer = self.post(query, **more)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.json.get("results", [])
        return found

    def error(self, query: str, **more: Any) -> tuple[int, str]:
        answer = self.post(query, **more)
        (failure,) = answer.json["error"]["details"]
        assert failure["@type"].endswith("errors.GoogleAdsFailure")
        return answer.status, next(iter(failure["errors"][0]["errorCode"].values()))

    def world(self, sql: str) -> list[tuple[Any, ...]]:
        now = self.server.now.replace(tzinfo=None)
        return duckdb.execute(sql.format(folder=self.server.world, now=now)).fetchall()


@pytest.fixture(scope="module")
def google(server: Running) -> GoogleAds:
    return GoogleAds(server)


def test_tokens_are_given_for_the_users_refresh_token(google: GoogleAds) -> None:
    def refused(**given: str) -> str:
        fields = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **given}
        text = "&".join(f"{name}={value}" for name, value in fields.items())
        return str(request(f"{google.base}/token", {}, text.encode()).json["error"])

    assert refused(refresh_token="no") == "invalid_grant"
    assert refused(client_id="no") == "invalid_client"
    answer = request(f"{google.base}/v26/customers/{ACCOUNT}/googleAds:search", {"Authorization": "Bearer no"}, {})
    assert answer.status == 401


def test_metrics_are_the_worlds_in_millionths_and_text(google: GoogleAds) -> None:
    figures = "segments.date, metrics.impressions, metrics.clicks, metrics.cost_micros"
    ads = google.rows(f"SELECT ad_group_ad.ad.id, {figures} FROM ad_group_ad WHERE {APRIL}")
    groups = google.rows(f"SELECT asset_group.id, {figures} FROM asset_group WHERE {APRIL}")
    found = [(row["adGroupAd"]["ad"]["id"], row) for row in ads] + [(row["assetGroup"]["id"], row) for row in groups]
    assert all(isinstance(row["metrics"][name], str) for _, row in found for name in ("costMicros", "clicks"))
    told = {
        (key, row["segments"]["date"], *(int(row["metrics"][name]) for name in ("impressions", "clicks", "costMicros")))
        for key, row in found
    }
    assert told == set(
        google.world(
            """select ad_id::varchar, day::varchar, impressions, clicks, spend_cents * 10000
            from (from '{folder}/google_ads_metrics.parquet' where updated_at <= timestamp '{now}'
                qualify row_number() over (partition by metric_id order by version desc) = 1)
            where day between '2026-04-01' and '2026-04-30'"""
        )
    )
    assert len(found) == len(told) > 100
    assert groups
    whole = google.rows(f"SELECT metrics.cost_micros FROM customer WHERE {APRIL}")
    assert int(whole[0]["metrics"]["costMicros"]) == sum(row[-1] for row in told)


def test_conversions_are_broken_and_come_by_action(google: GoogleAds) -> None:
    by_action = google.rows(
        "SELECT segments.conversion_action_name, segments.conversion_action_category, metrics.conversions, "
        f"metrics.conversions_value, metrics.all_conversions FROM customer WHERE {APRIL}"
    )
    found = {row["segments"]["conversionActionName"]: row["metrics"] for row in by_action}
    ((orders, worth),) = google.world(
        """select sum(share), sum(share * value_cents) / 100 from '{folder}/google_ads_conversions.parquet'
        where revealed_at <= timestamp '{now}' and day between '2026-04-01' and '2026-04-30'"""
    )
    assert found["Purchase"]["conversions"] == orders
    assert found["Purchase"]["conversionsValue"] == pytest.approx(worth)
    assert 0 == found["GA4 purchase"]["conversions"] < found["GA4 purchase"]["allConversions"]
    assert found["Newsletter"]["conversions"] > 0
    (mixed,) = google.rows(f"SELECT metrics.conversions FROM customer WHERE {APRIL}")
    assert mixed["metrics"]["conversions"] == orders + found["Newsletter"]["conversions"]
    halves = google.world("select count(*) from '{folder}/google_ads_conversions.parquet' where share = 0.5")
    assert halves[0][0] > 0


def test_kinds_of_campaigns_and_what_was_removed(google: GoogleAds) -> None:
    campaigns = google.rows("SELECT campaign.name, campaign.advertising_channel_type FROM campaign")
    kinds = {row["campaign"]["name"]: row["campaign"]["advertisingChannelType"] for row in campaigns}
    assert (kinds["shopping_all"], kinds["video_loom_story"]) == ("PERFORMANCE_MAX", "VIDEO")
    removed = "SELECT ad_group_ad.ad.id FROM ad_group_ad WHERE ad_group_ad.status = 'REMOVED'"
    ((ad,),) = google.world("select ad_id from '{folder}/google_ads_ads.parquet' where removed_at is not null")
    assert google.rows(removed) == [{"adGroupAd": {"ad": {"id": str(ad)}}}]
    actions = google.rows("SELECT conversion_action.id, conversion_action.primary_for_goal FROM conversion_action")
    assert {row["conversionAction"]["id"]: row["conversionAction"]["primaryForGoal"] for row in actions} == {
        "777000001": True, "777000002": False, "777000004": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT campaign.shoe_size FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT ad_group.id FROM asset_group", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id FROM shoes", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("campaign.id", "UNEXPECTED_INPUT"),
        (f"SELECT segments.conversion_action_name, metrics.cost_micros FROM campaign WHERE {APRIL}",
         "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        ("SELECT segments.date, metrics.clicks FROM campaign WHERE segments.date >= '2022-01-01'", "INVALID_DATE"),
    ],
)  # fmt: skip
def test_queries_that_make_no_sense_are_refused(google: GoogleAds, query: str, code: str) -> None:
    assert google.error(query) == (400, code)


def test_accounts_managers_and_versions(google: GoogleAds) -> None:
    query = "SELECT customer.manager, customer.currency_code, customer.time_zone FROM customer"
    (found,) = google.rows(query)
    assert found["customer"] == {"manager": False, "currencyCode": "USD", "timeZone": "America/Chicago"}
    assert google.rows(query, **{"login-customer-id": MANAGER, "developer-token": "any"}) == [found]
    assert google.error(query, **{"login-customer-id": "5"}) == (403, "USER_PERMISSION_DENIED")
    assert google.error(query, account="5") == (403, "USER_PERMISSION_DENIED")
    assert google.error(query, version="v22") == (400, "UNSUPPORTED_VERSION")
    refused = google.error(f"SELECT metrics.clicks FROM customer WHERE {APRIL}", account=MANAGER)
    assert refused == (400, "REQUESTED_METRICS_FOR_MANAGER")
    google.server.faults("google_ads", "throttle")
    assert google.error(query) == (429, "RESOURCE_TEMPORARILY_EXHAUSTED")


def test_a_stream_is_a_list_of_batches(google: GoogleAds) -> None:
    query = f"SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE {APRIL}"
    (batch,) = google.post(query, "searchStream").json
    assert batch["results"] == google.rows(query)
    assert batch["fieldMask"] == "campaign.id,segments.date,metrics.clicks"


def test_page_tokens_are_of_their_query() -> None:
    token = gate._token("a query", 10_000)
    checked = gate.Gate.__new__(gate.Gate)
    checked._context = type("", (), {"faults": type("", (), {"take": lambda *_: False})()})()
    assert checked._first("a query", "") == 0
    assert checked._first("a query", token) == 10_000
    with pytest.raises(gate.ApiError, match="Page token is invalid"):
        checked._first("another query", token)


def test_conditions_are_read() -> None:
    from datetime import date

    today = date(2026, 6, 15)
    query = parse(
        "SELECT a.b, c.d FROM campaign WHERE segments.date BETWEEN '2026-06-01' AND '2026-06-03' AND a.b IN ('x', 'y') "
        "AND c.d != 'z' ORDER BY a.b DESC LIMIT 5", today,
    )  # fmt: skip
    assert (query.fields, query.resource, query.limit) == (("a.b", "c.d"), "campaign", 5)
    assert (query.since, query.until) == (date(2026, 6, 1), date(2026, 6, 3))
    assert [(field, test("x"), test("z")) for field, test in query.tests] == [
        ("a.b", True, False),
        ("c.d", True, False),
    ]
    assert parse("SELECT a FROM b WHERE segments.date DURING LAST_7_DAYS", today).since == date(2026, 6, 8)
