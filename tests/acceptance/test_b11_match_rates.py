"""B11: the match rate has what the platform found invalid in its denominator, and its counts are the platform's own."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from activation.destinations import meta
from activation.ledger import Ledger
from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.activation.conftest import server  # noqa: F401
from tests.activation.test_meta import Shop, shop  # noqa: F401
from tests.conftest import Road, Walk


@pytest.fixture
def sql(road: Road, first: Walk) -> Iterator[BuiltSql]:
    with built_sql(road.home) as built:
        yield built


def build(sql: BuiltSql, shop: Shop) -> None:  # noqa: F811
    """The sync marts, from the ledger of the shop."""
    ledger = Ledger(shop.world.settings.ledger, "meta").rows(sql.connection)  # noqa: F841  (DuckDB finds it by its name)
    sql.connection.execute("create schema if not exists staging")
    sql.connection.execute("create or replace table staging.stg_ledger__sync_records as from ledger")
    sql.build("fct_sync_records", "fct_sync_runs", "fct_sync_rejections")


@pytest.mark.parametrize("bad", [3, 40])
def test_the_rate_is_of_what_the_platform_was_to_have(
    sql: BuiltSql,
    shop: Shop,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    bad: int,
) -> None:
    row_of = meta.row_of
    broken = {f"c_{number:04d}" for number in range(bad)}
    monkeypatch.setattr(
        meta,
        "row_of",
        lambda one: [*row_of(one)[:3], "no-hash", *row_of(one)[4:]] if one.customer_id in broken else row_of(one),
    )
    shop.world.people(range(300))
    shop.world.contacts["c_0299"] = ("nobody", "+1999")
    shop.world.publish()
    result = shop.run()
    build(sql, shop)
    ((desired, matched, rate),) = sql.rows("select desired_count, matched_count, match_rate from marts.fct_sync_runs")
    assert (desired, matched) == (300, 300 - bad - 1)
    assert rate == (Decimal(matched) / 300).quantize(Decimal("0.000001"))
    connection = shop.connection()
    path = connection.path(str(meta._find_audience(connection)), "sessions")
    answered = {request for (request,) in sql.rows("select distinct request_id from marts.fct_sync_records")}
    told = [one for one in connection.client.get(path, {"limit": "500"}).body["data"] if one["session_id"] in answered]
    received = sum(int(one["num_received"]) for one in told)
    invalid = sum(int(one["num_invalid_entries"]) for one in told)
    assert matched == received - invalid
    assert desired == received + 1, "who has no usable address was wanted too, and was never sent"
    reasons = dict(sql.rows("select reason, rejected_count from marts.fct_sync_rejections"))
    assert reasons == dict(result.rejected_reasons)
    assert sum(reasons.values()) == desired - matched

    monkeypatch.setattr(meta, "row_of", row_of)
    shop.world.people(range(250, 300))  # 250 leave: a removal is no match
    shop.world.contacts["c_0299"] = ("c_0299@example.com", None)
    shop.world.publish()
    shop.run()
    build(sql, shop)
    rows = sql.rows(
        "select desired_count, matched_count, match_rate, removal_count from marts.fct_sync_runs order by first_recorded_at"
    )
    assert rows[1] == (1, 1, Decimal(1), 250 - bad)


def test_on_the_road_the_counts_are_what_the_platforms_tell(road: Road, next_day: Walk) -> None:
    with next_day.marts() as con:
        rates = con.sql(
            "select destination, desired_count, matched_count, match_rate, rejected_count from fct_sync_runs"
        ).fetchall()
        by_request = con.sql(
            # a move took two requests
            "select upload, count(*), count(*) filter (where status = 'rejected') from ("
            "select unnest(string_split(request_id, ' ')) as upload, status from fct_sync_records "
            "where destination = 'meta' and audience <> 'conversions' and request_id is not null) group by 1"
        ).fetchall()
        ((listed, counted),) = con.sql(
            "select (select coalesce(sum(rejected_count), 0) from fct_sync_rejections), sum(rejected_count) from fct_sync_runs"
        ).fetchall()
        told_by_job = con.sql(
            "select job_id, count(*), count(*) filter (where status = 'rejected') from fct_sync_records "
            "where destination = 'klaviyo' and action in ('add', 'update') and job_id is not null group by 1"
        ).fetchall()
    assert len(rates) > 20
    for _, desired, matched, rate, _ in rates:
        assert rate == (None if not desired else (Decimal(matched) / desired).quantize(Decimal("0.000001")))
    assert {request: (sent, bad) for request, sent, bad in by_request} == next_day.uploads
    assert listed == counted
    jobs = {one["id"]: one for one in road.klaviyo("profile-bulk-import-jobs")}
    assert told_by_job
    for job, sent, bad in told_by_job:
        assert (jobs[job]["total_count"], jobs[job]["failed_count"]) == (sent, bad)
