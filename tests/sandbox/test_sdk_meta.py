"""Meta's own Python client reads and writes the sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adreportrun import AdReportRun
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from sandbox.server import Running
from tests.sandbox.meta_caller import ACCOUNT, Meta, hashed, session

PARAMS = {
    "level": "ad",
    "time_increment": 1,
    "time_range": {"since": "2026-04-10", "until": "2026-04-20"},
    "breakdowns": ["publisher_platform"],
    "action_attribution_windows": ["7d_click", "1d_view"],
    "limit": 100,
}
FIELDS = ["ad_id", "spend", "impressions", "clicks", "actions"]


@pytest.fixture(scope="module")
def account(server: Running) -> Iterator[AdAccount]:
    graph = FacebookSession.GRAPH
    FacebookSession.GRAPH = f"{server.url}/meta"
    api = FacebookAdsApi.init(access_token="meta_sandbox", crash_log=False)
    yield AdAccount(ACCOUNT, api=api)
    FacebookSession.GRAPH = graph


def test_reads_insights_over_pages(account: AdAccount, server: Running) -> None:
    rows = [dict(row) for row in account.get_insights(fields=FIELDS, params=PARAMS)]
    assert len(rows) > 300
    plain = Meta(server).insights("2026-04-10", "2026-04-20", fields=FIELDS)
    assert sum(Decimal(row["spend"]) for row in rows) == sum(Decimal(row["spend"]) for row in plain)
    assert len({(row["ad_id"], row["date_start"], row["publisher_platform"]) for row in rows}) == len(rows)


def test_reads_an_asynchronous_report(account: AdAccount) -> None:
    job = account.get_insights_async(fields=FIELDS, params=dict(PARAMS))
    for _ in range(400):
        state = AdReportRun(job["report_run_id"], api=account.get_api()).api_get()
        if state["async_status"] == "Job Completed" and state["async_percent_completion"] == 100:
            break
        time.sleep(0.02)
    found = list(job.get_insights(params={"limit": 200}))
    assert len(found) == len(list(account.get_insights(fields=FIELDS, params=PARAMS)))


def test_reads_the_account_and_its_ads(account: AdAccount) -> None:
    assert account.api_get(fields=["currency", "timezone_name"])["timezone_name"] == "America/Los_Angeles"
    assert len(list(account.get_ads(fields=["name", "adset_id"], params={"limit": 6}))) == 20
    assert len(list(account.get_campaigns(fields=["name"]))) == 5


def test_makes_an_audience_adds_and_removes(account: AdAccount, server: Running) -> None:
    made = account.create_custom_audience(
        params={"name": "From the SDK", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    )
    audience = CustomAudience(made["id"], api=account.get_api())
    rows = [[f"c-{n}", hashed(f"{n}@example.com")] for n in range(40)]
    schema = ["EXTERN_ID", "EMAIL"]
    added = audience.add_users(schema, rows, is_raw=True, pre_hashed=True, session=session(31, total=40)).json()
    assert (added["num_received"], added["num_invalid_entries"]) == (40, 0)
    audience.remove_users(schema, rows[:10], is_raw=True, pre_hashed=True)
    believed = Meta(server).believed(made["id"])
    assert {row["extern_id"] for row in believed["rows"]} == {row[0] for row in rows[10:]}
    # the client hashes what is clear, and so must come to the same rows
    audience.add_users(schema, [["c-10", "10@example.com"]], is_raw=True)
    assert Meta(server).believed(made["id"])["rows_held"] == 30
    assert [one["session_id"] for one in audience.get_sessions()][-1] == "31"
    state = audience.api_get(fields=["approximate_count_lower_bound", "operation_status"])
    assert state["approximate_count_lower_bound"] == 1000


def test_refusals_are_the_clients_own_errors(account: AdAccount) -> None:
    with pytest.raises(FacebookRequestError) as refused:
        CustomAudience("120299999999999", api=account.get_api()).api_get()
    assert (refused.value.api_error_code(), refused.value.api_error_subcode()) == (100, 33)
    assert not refused.value.api_transient_error()
