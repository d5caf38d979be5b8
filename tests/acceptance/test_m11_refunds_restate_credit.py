"""M11: after a full refund an order's credit is worth 0.00 in every additive model, by order date and by refund date."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.acceptance_support.attribution import ADDITIVE
from tests.conftest import Walk

FULLY_REFUNDED = """
    select order_key from fct_orders
    where refunded_line_amount > 0 and net_sales_amount = 0 and not is_test and not is_cancelled and not is_return
"""


@pytest.mark.parametrize("model", ADDITIVE)
def test_a_full_refund_leaves_nothing_on_the_day_of_the_order(next_day: Walk, model: str):
    with next_day.marts() as con:
        rows = con.execute(
            f"select conversion_id, sum(attributed_revenue), max(abs(attributed_revenue)), sum(credit) "
            f"from fct_attribution where attribution_model = ? and conversion_id in ({FULLY_REFUNDED}) group by 1",
            [model],
        ).fetchall()
        orders = con.sql(FULLY_REFUNDED).fetchall()
    assert {key for key, *_ in rows} == {key for (key,) in orders}
    assert len(rows) > 3
    assert all(money == 0 and most == 0 and credit == 1 for _, money, most, credit in rows)


@pytest.mark.parametrize("model", ADDITIVE)
def test_the_view_by_refund_date_gives_and_takes_the_same(next_day: Walk, model: str):
    """Credit as it stood before refunds on the day of the order, less each refund on its own day."""
    with next_day.marts() as con:
        rows = con.execute(
            f"""
            with refunded as (
                select attribution_key, sum(attributed_refund_amount) as amount
                from fct_attribution_refunds group by 1
            ),
            moves as (
                select attribution_key, conversion_id, converted_date as moved_on,
                    attributed_revenue + coalesce(amount, 0) as moved
                from fct_attribution left join refunded using (attribution_key) where attribution_model = $model
                union all
                select attribution_key, conversion_id, refund_date, -attributed_refund_amount
                from fct_attribution_refunds where attribution_model = $model
            )
            select conversion_id, sum(moved), max(moved), count(distinct moved_on)
            from moves where conversion_id in ({FULLY_REFUNDED}) group by 1
            """,
            {"model": model},
        ).fetchall()
    assert len(rows) > 3
    assert all(total == 0 and most > 0 for _, total, most, _ in rows)
    assert any(days > 1 for *_, days in rows), "no refund lies on another day than its order: nothing was tried"


@pytest.mark.parametrize("model", ADDITIVE)
def test_refunds_are_dealt_to_the_cent(next_day: Walk, model: str):
    with next_day.marts() as con:
        dealt = dict(
            con.execute(
                "select refund_key, sum(attributed_refund_amount) from fct_attribution_refunds "
                "where attribution_model = ? group by 1",
                [model],
            ).fetchall()
        )
        refunds = dict(
            con.sql(
                "select refund_key, line_amount from fct_refunds inner join fct_orders using (order_key) "
                "where line_amount <> 0 and not fct_orders.is_test and not fct_orders.is_cancelled and not is_return"
            ).fetchall()
        )
    assert dealt == refunds
    assert sum(refunds.values(), Decimal(0)) > 0


def test_every_refund_day_is_kept(next_day: Walk):
    with next_day.marts() as con:
        wrong = con.sql(
            "select count(*) from fct_attribution_refunds as dealt inner join fct_refunds using (refund_key) "
            "where dealt.refund_date is distinct from fct_refunds.refund_date "
            "or dealt.converted_date is distinct from fct_refunds.order_date"
        ).fetchone()
    assert wrong == (0,)
