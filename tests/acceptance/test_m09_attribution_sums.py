"""M09 (first three models): credits sum to 1 within 1e-9, money to the order's net sales in cents, unattributed row counted."""

from decimal import Decimal

import pytest

from tests.conftest import Walk

MODELS = ("first_touch", "last_touch", "linear")


@pytest.mark.parametrize("model", MODELS)
def test_credit_and_money_sum_per_order(next_day: Walk, model: str):
    with next_day.marts() as con:
        wrong = con.execute(
            """
            select fct_orders.order_key, sum(credit), sum(attributed_revenue), any_value(net_sales_amount)
            from fct_orders
            left join fct_attribution
                on fct_attribution.conversion_id = fct_orders.order_key and attribution_model = ?
            where not is_test and not is_cancelled and not is_return
            group by 1
            having sum(credit) is null or abs(sum(credit) - 1) > 1e-9
                or round(sum(attributed_revenue) * 100) <> round(any_value(net_sales_amount) * 100)
            """,
            [model],
        ).fetchall()
        orders = con.sql(
            "select count(*) from fct_orders where not is_test and not is_cancelled and not is_return"
        ).fetchone()[0]
    assert orders > 300
    assert not wrong[:5]


def test_money_is_whole_cents_and_some_is_unattributed(next_day: Walk):
    with next_day.marts() as con:
        assert con.sql(
            "select count(*) from fct_attribution where attributed_revenue * 100 <> floor(attributed_revenue * 100)"
        ).fetchone() == (0,)
        unattributed, total = con.sql(
            "select count(*) filter (where touchpoint_id is null), count(*) from fct_attribution"
        ).fetchone()
    assert 0 < unattributed < total


def test_a_full_refund_takes_the_credit_back(next_day: Walk):
    with next_day.marts() as con:
        refunded = con.sql(
            "select order_key from fct_orders where not is_test and not is_cancelled and not is_return and refunded_line_amount > 0 and net_sales_amount = 0"
        ).fetchall()
        left = con.execute(
            "select coalesce(sum(abs(attributed_revenue)), 0) from fct_attribution where conversion_id in (select unnest(?))",
            [[key for (key,) in refunded]],
        ).fetchone()[0]
    assert refunded, "no order was refunded in full: nothing was tested"
    assert left == Decimal(0)
