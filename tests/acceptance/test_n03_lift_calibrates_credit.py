"""N3: what a holdout shows brings the credit of attribution nearer to what the audience truly caused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.acceptance_support.lift import ARMS, AS_OF, ORDERS, given
from tests.conftest import Road, Walk

AUDIENCE = "cart_abandoners"  # goes to e-mail only
CREDITS = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("conversion_id", "customer_id", "touchpoint_id", "attribution_model", "channel")
        ),
        ("is_additive", pa.bool_()),
        ("attributed_revenue", pa.decimal128(18, 4)),
        ("touched_at", pa.timestamp("us")),
        ("converted_at", pa.timestamp("us")),
    ]
)


@pytest.fixture
def sql(road: Road, first: Walk) -> Iterator[BuiltSql]:
    with built_sql(road.home) as built:
        yield built


@dataclass(frozen=True)
class Truth:
    """Net sales that the audience caused, up to the last moment of the data."""

    caused: float


def world(sql: BuiltSql, seed: int, people: int = 8_000, share: float = 0.2) -> Truth:
    """Everybody would have bought or not without the audience; it makes a few more buy. Who is about to buy clicks the
    mail as well, so that attribution credits it with orders that it did not cause."""
    rng = np.random.default_rng(seed)
    held_out = rng.random(people) < share
    at = np.datetime64(AS_OF - timedelta(days=25)) + (rng.random(people) * 23 * 86_400e6).astype("timedelta64[us]")
    buys_anyway = rng.random(people) < 0.2
    is_persuaded = ~buys_anyway & (rng.random(people) < 0.05) & ~held_out
    spent = rng.lognormal(4, 0.6, people).round(2)
    ordered = at + (rng.random(people) * 6.9 * 86_400e6).astype("timedelta64[us]")
    has_order = (buys_anyway | is_persuaded) & (ordered <= np.datetime64(AS_OF))
    clicks = ~held_out & (rng.random(people) < np.where(is_persuaded, 0.9, np.where(buys_anyway, 0.7, 0.05)))
    customers = np.array([f"c{number}" for number in range(people)])
    no = np.zeros(people, bool)
    arms = pa.table(
        {
            "audience": [AUDIENCE] * people, "customer_id": customers, "current_customer_id": customers,
            "arm": np.where(held_out, "holdout", "treated"), "not_measured_reason": pa.nulls(people, pa.string()),
            "destination": ["klaviyo"] * people,
            "holdout_share": pa.repeat(pa.scalar(share).cast(pa.decimal128(18, 6)), people),
            "is_contaminated": no, "assigned_at": at,
        }
    ).cast(ARMS)  # fmt: skip
    chosen = np.flatnonzero(has_order)
    money = pa.array(spent[chosen]).cast(pa.decimal128(18, 4), safe=False)
    columns = [customers[chosen], customers[chosen], money, no[chosen], no[chosen], no[chosen], ordered[chosen]]
    given(sql.connection, arms, pa.table(columns, names=ORDERS.names).cast(ORDERS))
    parts = []
    for model, share_of_mail in (("last_touch", 1.0), ("linear", 0.5)):
        for channel, part, touched in (
            ("email", share_of_mail, ordered - np.timedelta64(3600, "s")),
            ("email", 0.0 if model == "last_touch" else 0.25, at - np.timedelta64(3600, "s")),  # before it began
            ("direct", 0.0 if model == "last_touch" else 0.25, ordered - np.timedelta64(60, "s")),
        ):
            rows = np.flatnonzero(has_order & clicks) if part else np.array([], int)
            values = [customers[rows], customers[rows], customers[rows], [model] * len(rows), [channel] * len(rows),
                      np.ones(len(rows), bool), pa.array((spent[rows] * part).round(2)).cast(pa.decimal128(18, 4), safe=False),
                      touched[rows], ordered[rows]]  # fmt: skip
            parts.append(pa.table(values, names=CREDITS.names).cast(CREDITS))
    sql.connection.register("given_credits", pa.concat_tables(parts))
    sql.connection.execute("create or replace table marts.fct_attribution as from given_credits")
    sql.connection.execute(
        "create or replace table intermediate.int_ads__touchpoints (touchpoint_id varchar, platform varchar)"
    )
    return Truth(float(spent[is_persuaded & has_order].sum()))


def test_calibrated_credit_is_nearer_to_the_truth_on_five_seeds(sql: BuiltSql) -> None:
    nearer = {"last_touch": 0, "linear": 0}
    held = 0
    for seed in range(5):
        truth = world(sql, seed)
        sql.build("fct_audience_lift", "fct_lift_calibration")
        rows = sql.rows(
            "select attribution_model, credited_amount::double, calibrated_amount::double, calibration_factor::double, "
            "calibration_low_factor::double, calibration_high_factor::double "
            "from marts.fct_lift_calibration where window_days = 7"
        )
        assert len(rows) == 2
        for model, credited, calibrated, factor, low, high in rows:
            nearer[model] += abs(calibrated - truth.caused) < abs(credited - truth.caused)
            held += low * credited <= truth.caused <= high * credited
            assert low < factor < high
    assert min(nearer.values()) >= 4, nearer
    assert held >= 8


def test_only_the_audiences_own_touches_count(sql: BuiltSql) -> None:
    """Not those before somebody was wanted, not another channel's, not orders of those held out."""
    world(sql, 1)
    sql.build("fct_audience_lift", "fct_lift_calibration")
    ((credited, window),) = sql.rows(
        "select credited_amount, window_credited_amount from marts.fct_lift_calibration "
        "where window_days = 7 and attribution_model = 'linear'"
    )
    ((mail, whole),) = sql.rows(
        "select sum(attributed_revenue), sum(attributed_revenue) filter (where assigned_at <= as_of - interval 7 day) "
        "from marts.fct_attribution inner join marts.fct_holdout_arms using (customer_id) "
        "cross join intermediate.int_as_of "
        "where attribution_model = 'linear' and channel = 'email' and touched_at > assigned_at and arm = 'treated'"
    )
    assert (credited, window) == (mail, whole)
    assert window < credited


def test_without_an_interval_there_is_no_factor(sql: BuiltSql) -> None:
    world(sql, 2, people=300, share=0.1)
    sql.build("fct_audience_lift", "fct_lift_calibration")
    rows = sql.rows("select missing_factor_reason, calibration_factor, calibrated_amount, credited_amount > 0 "
                    "from marts.fct_lift_calibration where window_days = 7")  # fmt: skip
    assert set(rows) == {("too few persons", None, None, True)}


def test_the_road_stores_a_factor_or_why_there_is_none(next_day: Walk) -> None:
    with next_day.marts() as con:
        rows = con.sql(
            "select audience, calibration_factor, missing_factor_reason from fct_lift_calibration"
        ).fetchall()
        lifts = con.sql("select distinct audience from fct_audience_lift").fetchall()
    assert {audience for audience, *_ in rows} == {audience for (audience,) in lifts}
    assert all((factor is None) == (reason is not None) for _, factor, reason in rows)
