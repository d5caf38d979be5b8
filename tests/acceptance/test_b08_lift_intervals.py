"""B08: the intervals of fct_audience_lift hold what is true as often as they say, in a thousand made-up experiments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.acceptance_support.lift import AS_OF, Replays, given
from tests.conftest import Road, Walk

REPLAYS = 1_000
FIGURES = """
select
    audience, window_days, missing_interval_reason, treated_count, holdout_count, open_count, contaminated_count,
    treated_converter_count, holdout_converter_count, treated_net_sales_amount, holdout_net_sales_amount,
    lift_per_person_amount, lift_per_person_low_amount, lift_per_person_high_amount,
    conversion_lift_rate, conversion_lift_low_rate, conversion_lift_high_rate, incremental_net_sales_amount, lift_share
from marts.fct_audience_lift
"""


@pytest.fixture
def sql(road: Road, first: Walk) -> Iterator[BuiltSql]:
    with built_sql(road.home) as built:
        yield built


def test_the_intervals_hold_the_truth_in_93_to_97_percent(sql: BuiltSql) -> None:
    rng = np.random.default_rng(8)
    replays = Replays(
        people=1_000,
        share=0.2,
        rate=rng.uniform(0.15, 0.25, REPLAYS),
        more_buyers=rng.uniform(-0.03, 0.08, REPLAYS),
        dearer=rng.uniform(0.9, 1.3, REPLAYS),
    )
    given(sql.connection, *replays.draw(rng))
    sql.build("fct_audience_lift")
    found = sql.connection.execute(f"{FIGURES} where window_days = 7 order by audience").fetchnumpy()
    assert len(found["audience"]) == REPLAYS
    assert not [reason for reason in found["missing_interval_reason"] if reason]
    for truth, lift, low, high in (
        (replays.true_lift, "lift_per_person_amount", "lift_per_person_low_amount", "lift_per_person_high_amount"),
        (replays.more_buyers, "conversion_lift_rate", "conversion_lift_low_rate", "conversion_lift_high_rate"),
    ):
        below, above = truth < found[low], truth > found[high]
        assert 0.93 <= 1 - (below | above).mean() <= 0.97, lift
        assert max(below.mean(), above.mean()) <= 0.045, f"{lift}: the misses lie on one side"
        error = found[lift] - truth
        assert abs(error.mean()) <= 3 * error.std() / REPLAYS**0.5, f"{lift} is biased"
        assert (found[low] < found[lift]).all()
        assert (found[lift] < found[high]).all()


def test_small_arms_have_no_interval_and_say_why(sql: BuiltSql) -> None:
    rng = np.random.default_rng(3)
    arms, orders = Replays(400, 0.1, np.array([0.9]), np.array([0.0]), np.array([1.0])).draw(rng)
    given(sql.connection, arms, orders)
    sql.build("fct_audience_lift")
    ((reason, low, conversion_low, lift),) = sql.rows(
        "select missing_interval_reason, lift_per_person_low_amount, conversion_lift_low_rate, lift_per_person_amount "
        "from marts.fct_audience_lift where window_days = 7"
    )
    assert (reason, low, conversion_low) == ("too few persons", None, None)
    assert lift is not None
    rare = Replays(2_000, 0.1, np.array([0.01]), np.array([0.0]), np.array([1.0])).draw(rng)
    given(sql.connection, *rare)
    sql.build("fct_audience_lift")
    ((reason, low, conversion_low),) = sql.rows(
        "select missing_interval_reason, lift_per_person_low_amount, conversion_lift_low_rate "
        "from marts.fct_audience_lift where window_days = 7"
    )
    assert (reason, low) == ("too few buyers", None)
    assert conversion_low is not None, "its method holds for few buyers too"


def test_only_whole_windows_and_orders_within_them_count(sql: BuiltSql) -> None:
    rng = np.random.default_rng(4)
    arms, orders = Replays(500, 0.3, np.array([0.3]), np.array([0.0]), np.array([1.0])).draw(rng)
    given(sql.connection, arms, orders)
    con = sql.connection
    con.execute("create table late as select customer_id from marts.fct_holdout_arms order by 1 limit 40")
    at = AS_OF - timedelta(days=6)
    con.execute("update marts.fct_holdout_arms set assigned_at = ? where customer_id in (from late)", [at])
    con.execute("insert into marts.fct_orders select order_key || '-before', customer_id, 1000, is_test, is_cancelled, "
                "is_return, timestamp '2026-01-01' from marts.fct_orders")  # fmt: skip
    con.execute("insert into marts.fct_orders select order_key || '-test', customer_id, 1000, true, is_cancelled, "
                "is_return, ordered_at from marts.fct_orders where order_key not like '%-before'")  # fmt: skip
    con.execute("insert into marts.fct_orders select order_key || '-month', customer_id, 1000, is_test, is_cancelled, "
                "is_return, ordered_at + interval 20 day from marts.fct_orders where not is_test and order_key not like '%-before'")  # fmt: skip
    sql.build("fct_audience_lift")
    week, month = sql.rows(
        "select treated_count + holdout_count, open_count, treated_net_sales_amount + holdout_net_sales_amount "
        "from marts.fct_audience_lift order by window_days"
    )
    assert week[:2] == (460, 40)
    ((within,),) = sql.rows(
        "select sum(net_sales_amount) from marts.fct_orders where customer_id not in (from late) and not is_test "
        "and order_key not like '%-%'"
    )
    assert week[2] == within
    assert month[:2] == (460, 40)
    ((later,),) = sql.rows(
        "select count(*) from marts.fct_orders where order_key like '%-month' and customer_id not in (from late)"
    )
    assert month[2] == within + 1000 * later


def test_the_road_tells_of_every_audience_that_holds_out(next_day: Walk) -> None:
    with next_day.marts() as con, next_day.activation() as wanted:
        told = con.sql("select audience, count(*) from fct_audience_lift group by audience").fetchall()
        arms = con.sql("select distinct audience from fct_holdout_arms").fetchall()
        reasons = con.sql("select distinct missing_interval_reason from fct_audience_lift").fetchall()
        measured = wanted.sql(
            "select distinct replace(audience, 'aud_', '') from audiences where holdout > 0"
        ).fetchall()
    assert {audience for audience, _ in told} == {audience for (audience,) in arms}
    assert {audience for audience, _ in told} <= {audience for (audience,) in measured}
    assert len(told) >= 10
    assert {rows for _, rows in told} == {2}
    assert reasons == [("no whole window yet",)], "nobody has been watched for a week on the day after"
