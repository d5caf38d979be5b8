"""B16: refunds and credit by the day of the order, of the touch and of the refund: one total, and a table that tells every gap."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.conftest import Walk

SERIES = """
    select coalesce(sum(attributed_revenue), 0) from fct_attribution_timings
    where attribution_model = ? and revenue_timing = ? and credited_date between ? and ?
"""
TOLD = """
    select coalesce(sum(case when credited_date between $first and $last then attributed_revenue else 0 end), 0)
        - coalesce(sum(case when converted_date between $first and $last then attributed_revenue else 0 end), 0)
    from fct_attribution_timings
    where attribution_model = $model and revenue_timing = $timing and credited_date <> converted_date
"""


@pytest.mark.parametrize("model", ["first_touch", "time_decay", "markov"])
@pytest.mark.parametrize("timing", ["touch_date", "refund_date"])
def test_rows_of_two_days_are_the_whole_gap(next_day: Walk, model: str, timing: str) -> None:
    gaps = 0
    with next_day.marts() as con:
        for week in range(12):
            first = date(2026, 3, 2) + timedelta(days=7 * week)
            last = first + timedelta(days=6)
            ((theirs,),) = con.execute(SERIES, [model, timing, first, last]).fetchall()
            ((ours,),) = con.execute(SERIES, [model, "order_date", first, last]).fetchall()
            told = con.execute(TOLD, {"model": model, "timing": timing, "first": first, "last": last}).fetchone()
            assert told == (theirs - ours,)
            gaps += theirs != ours
    assert gaps > 3, "the series hardly differ: nothing was told"


def test_every_series_has_one_total_and_is_the_orders(next_day: Walk) -> None:
    with next_day.marts() as con:
        totals = con.sql(
            "select attribution_model, revenue_timing, sum(attributed_revenue) from fct_attribution_timings group by 1, 2"
        ).fetchall()
        net_sales = con.sql(
            "select sum(net_sales_amount) from fct_orders where not is_test and not is_cancelled and not is_return"
        ).fetchone()
    assert len(totals) == 8 * 3
    assert {total for *_, total in totals} == {net_sales[0]}


def test_each_series_is_dated_as_its_source(next_day: Walk) -> None:
    """By another way: orders by their day, refunds by theirs."""
    with next_day.marts() as con:
        wrong = con.sql(
            """
            with orders as (
                select order_date as day, net_sales_amount as amount, 'order_date' as timing from fct_orders
                where not is_test and not is_cancelled and not is_return
                union all
                select order_date, net_sales_amount + coalesce(refunded, 0), 'refund_date' from fct_orders
                left join (select order_key, sum(line_amount) as refunded from fct_refunds group by 1) as refunds
                    using (order_key)
                where not is_test and not is_cancelled and not is_return
                union all
                select fct_refunds.refund_date, -line_amount, 'refund_date'
                from fct_refunds inner join fct_orders using (order_key)
                where not fct_orders.is_test and not fct_orders.is_cancelled and not is_return
            ), expected as (
                select timing, day, sum(amount) as amount from orders group by all
            ), found as (
                select revenue_timing as timing, credited_date as day, sum(attributed_revenue) as amount
                from fct_attribution_timings where attribution_model = 'linear' and revenue_timing <> 'touch_date'
                group by all
            )
            select * from expected full join found using (timing, day)
            where coalesce(expected.amount, 0) <> coalesce(found.amount, 0)
            """
        ).fetchall()
    assert wrong == []


def test_paths_are_the_paths_of_attribution(next_day: Walk) -> None:
    with next_day.marts() as con:
        found = con.sql(
            """
            with linear as (
                select conversion_id, count(*) as touches, string_agg(channel, ' > ' order by touchpoint_position) as path
                from fct_attribution where attribution_model = 'linear' and touchpoint_id is not null group by 1
            )
            select count(*), count(*) filter (
                linear.path is distinct from fct_paths.path or linear.touches is distinct from fct_paths.path_length
            )
            from linear full join (from fct_paths where is_converted) as fct_paths using (conversion_id)
            """
        ).fetchone()
        orders_or_nothing = "conversion_type is distinct from 'sign_up'"  # as steps from channel to channel have it
        kinds = dict(
            con.sql(f"select is_converted, count(*) from fct_paths where {orders_or_nothing} group by 1").fetchall()
        )
        across = con.sql("select count(*) filter (is_cross_device), count(*) filter (is_cross_channel) from fct_paths")
        devices, channels = across.fetchone()
        ends = dict(
            con.sql(
                "select to_channel, sum(path_count) from fct_path_transitions "
                "where to_channel in ('(conversion)', '(null)') group by 1"
            ).fetchall()
        )
    assert found[0] > 300
    assert found[1] == 0
    assert devices > 10
    assert channels > 100
    assert ends == {"(conversion)": kinds[True], "(null)": kinds[False]}
