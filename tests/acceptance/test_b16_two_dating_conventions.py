"""B16: orders, refunds and credit by both dates, named apart: over all time the same, and every gap of a day explained."""

from tests.conftest import Walk

SERIES = """
    with days as (
        select sales_date, sum(net_sales_amount) as by_order_date,
            sum(net_sales_by_refund_date_amount) as by_refund_date,
            sum(refunded_line_amount - returned_by_refund_date_amount) as moved
        from fct_daily_sales group by 1
    )
    select sales_date, by_order_date, by_refund_date, moved from days
"""


def test_all_time_totals_are_equal_and_each_days_gap_is_explained(next_day: Walk):
    with next_day.marts() as con:
        days = con.sql(SERIES).fetchall()
        lines = dict(
            con.sql(
                "select day, sum(amount) from ("
                "select order_date as day, line_amount as amount from fct_refunds where not is_test "
                "union all select refund_date, -line_amount from fct_refunds where not is_test) group by 1"
            ).fetchall()
        )
    assert sum(day[1] for day in days) == sum(day[2] for day in days)
    apart = [day for day in days if day[1] != day[2]]
    assert len(apart) > 10, "no refund lay on another day than its order: nothing was told apart"
    for day, by_order, by_refund, moved in days:
        assert by_refund - by_order == moved == lines.get(day, 0), day


def test_credit_by_both_dates_takes_the_same_refunds(next_day: Walk):
    with next_day.marts() as con:
        found = con.sql(
            "select attribution_model, sum(attributed_refund_amount) from fct_attribution_refunds "
            "where attribution_model in (select attribution_model from fct_attribution where is_additive) group by 1"
        ).fetchall()
        (models,) = con.sql(
            "select count(distinct attribution_model) from fct_attribution where is_additive"
        ).fetchone()
        refunded = con.sql(
            "select sum(line_amount) from fct_refunds where order_key in (select conversion_id from fct_attribution)"
        ).fetchone()[0]
    assert len(found) == models
    assert {row[1] for row in found} == {refunded}


def test_created_and_ordered_days_differ_only_by_what_the_reconciliation_shows(next_day: Walk):
    with next_day.marts() as con:
        gaps = dict(
            con.sql(
                "select document_date, sum(dating_gap_amount) from fct_order_reconciliation "
                "where measure = 'total' and source_system = 'square' group by 1 having sum(dating_gap_amount) <> 0"
            ).fetchall()
        )
        moved = dict(
            con.sql(
                """
                with orders as (
                    select cast(timezone('America/New_York', timezone('UTC', created_at)) as date) as created_date,
                        order_date, total_amount
                    from fct_orders where source_system = 'square' and not is_return
                ), days as (
                    select created_date as day, total_amount as amount from orders
                    union all select order_date, -total_amount from orders
                )
                select day, sum(amount) from days group by 1 having sum(amount) <> 0
                """
            ).fetchall()
        )
    assert gaps
    assert gaps == moved
