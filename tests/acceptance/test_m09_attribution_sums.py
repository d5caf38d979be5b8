"""M09: nine models in one table; credit of orders and sign-ups sums to 1 within 1e-9, money to net sales in cents, unattributed row
counted."""

from decimal import Decimal

import duckdb
import pytest

from tests.acceptance_support.attribution import ADDITIVE
from tests.conftest import Road, Walk

ORDERS = "not is_test and not is_cancelled and not is_return"


def test_nine_models_say_whether_they_add_up(next_day: Walk) -> None:
    with next_day.marts() as con:
        found = dict(con.sql("select distinct attribution_model, is_additive from fct_attribution").fetchall())
    assert found == {**dict.fromkeys(ADDITIVE, True), "any_click": False}


def test_credit_and_money_sum_per_order(next_day: Walk) -> None:
    with next_day.marts() as con:
        wrong = con.execute(
            f"""
            select fct_orders.order_key, model, sum(credit), sum(attributed_revenue), any_value(net_sales_amount)
            from fct_orders
            cross join (select unnest(?) as model) as models
            left join fct_attribution
                on fct_attribution.conversion_id = fct_orders.order_key and attribution_model = model
            where {ORDERS}
            group by 1, 2
            having sum(credit) is null or abs(sum(credit) - 1) > 1e-9
                or round(sum(attributed_revenue) * 100) <> round(any_value(net_sales_amount) * 100)
            """,
            [list(ADDITIVE)],
        ).fetchall()
        orders = con.sql(f"select count(*) from fct_orders where {ORDERS}").fetchone()[0]
    assert orders > 300
    assert not wrong[:5]


def test_a_sign_up_is_credited_as_an_order_is_and_is_worth_no_money(next_day: Walk) -> None:
    with next_day.marts() as con:
        wrong = con.execute(
            """
            select fct_conversions.conversion_id, model, sum(credit), sum(attributed_revenue)
            from fct_conversions
            cross join (select unnest(?) as model) as models
            left join fct_attribution on fct_attribution.conversion_id = fct_conversions.conversion_id
                and attribution_model = model and fct_attribution.conversion_type = 'sign_up'
                and fct_attribution.converted_at = fct_conversions.converted_at
            where fct_conversions.conversion_type = 'sign_up'
            group by 1, 2
            having sum(credit) is distinct from 1 or sum(attributed_revenue) is distinct from 0
            """,
            [list(ADDITIVE)],
        ).fetchall()
        kinds = dict(
            con.sql("select conversion_type, count(distinct conversion_id) from fct_attribution group by 1").fetchall()
        )
        acts = dict(con.sql("select conversion_type, count(*) from fct_conversions group by 1").fetchall())
        touched = con.sql(
            "select count(distinct conversion_id) from fct_attribution "
            "where conversion_type = 'sign_up' and touchpoint_id is not null and touched_at <= converted_at"
        ).fetchone()[0]
    assert not wrong[:5]
    assert kinds == {kind: count for kind, count in acts.items() if kind != "first_order"}
    assert 100 < touched < kinds["sign_up"], "no sign-up was led to by anything, or all were"


def test_any_click_gives_each_channel_of_a_path_all_of_it(next_day: Walk) -> None:
    with next_day.marts() as con:
        wrong = con.sql(
            """
            with channels as (
                select conversion_id, channel, sum(credit) as credit, sum(attributed_revenue) as revenue
                from fct_attribution where attribution_model = 'any_click' group by all
            ), linear as (
                select conversion_id, channel from fct_attribution where attribution_model = 'linear' group by all
            )
            select count(*) from linear full join channels using (conversion_id, channel)
            left join (from fct_conversions where conversion_type <> 'first_order') as conversions using (conversion_id)
            where credit is distinct from 1 or revenue is distinct from conversion_value_amount
            """
        ).fetchone()
    assert wrong == (0,)


def test_money_is_whole_cents_and_some_is_unattributed(next_day: Walk) -> None:
    with next_day.marts() as con:
        assert con.sql(
            "select count(*) from fct_attribution where attributed_revenue * 100 <> floor(attributed_revenue * 100)"
        ).fetchone() == (0,)
        unattributed, total = con.sql(
            "select count(*) filter (where touchpoint_id is null), count(*) from fct_attribution"
        ).fetchone()
    assert 0 < unattributed < total


def test_nine_models_are_stored_once(next_day: Walk, road: Road) -> None:
    """The published table of nine models is a view over one row per conversion and touchpoint."""
    with next_day.marts() as con:
        kind, rows, stored, linear = con.sql(
            """
            select (select table_type from information_schema.tables where table_name = 'fct_attribution'),
                (select count(*) from fct_attribution), (select count(*) from stored.int_journeys__credits),
                (select count(*) from fct_attribution where attribution_model = 'linear')
            """
        ).fetchone()
    assert kind == "VIEW"
    assert stored == linear < rows / 3
    published = duckdb.sql(f"select count(*) from '{road.home}/published/parquet/fct_attribution.parquet'").fetchone()
    assert published == (rows,)


def test_a_full_refund_takes_the_credit_back(next_day: Walk) -> None:
    with next_day.marts() as con:
        refunded = con.sql(
            f"select order_key from fct_orders where {ORDERS} and refunded_line_amount > 0 and net_sales_amount = 0"
        ).fetchall()
        left = con.execute(
            "select coalesce(sum(abs(attributed_revenue)), 0) from fct_attribution where conversion_id in (select unnest(?))",
            [[key for (key,) in refunded]],
        ).fetchone()[0]
    assert refunded, "no order was refunded in full: nothing was tested"
    assert left == Decimal(0)


@pytest.mark.parametrize("model", ADDITIVE)
def test_both_timings_come_to_the_same_total(next_day: Walk, model: str) -> None:
    with next_day.marts() as con:
        moved, total, earlier = con.execute(
            """
            select sum(attributed_revenue) filter (touched_date <> converted_date),
                (select sum(attributed_revenue) from fct_attribution where attribution_model = $model)
                - (select sum(net_sales_amount) from fct_orders where not is_test and not is_cancelled and not is_return),
                bool_and(touched_date <= converted_date)
            from fct_attribution where attribution_model = $model
            """,
            {"model": model},
        ).fetchone()
    assert total == 0
    assert earlier
    assert moved != 0, "every touch lies on the day of its order: nothing was tried"
