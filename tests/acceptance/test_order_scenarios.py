"""What happened to orders in the sandbox, by the names of its scenarios, is what the marts tell of them: order by order.

The truth names each order and the moment at which its vendor's documents first show it. Of nothing more, nothing less.
"""

from __future__ import annotations

import duckdb
import pytest

from tests.conftest import Road, Walk

ORDERS = "select order_id from fct_orders where source_system = '{0}' and "
TOLD = {
    "test_orders": ORDERS.format("shopify") + "is_test",
    "draft_orders": ORDERS.format("shopify") + "channel = 'draft_order'",
    "tax_included": ORDERS.format("shopify") + "is_tax_included",
    "other_currencies": ORDERS.format("shopify") + "presentment_currency_code <> order_currency_code",
    "gift_card_payments": "select distinct order_id from fct_payments join fct_orders using (order_key) "
    "where is_gift_card and payment_type = 'sale' and is_settled",
    "store_pickups": ORDERS.format("shopify") + "is_picked_up",
    "ship_from_store": ORDERS.format("shopify") + "is_shipped_from_store",
    "split_shipments": ORDERS.format("shopify") + "is_split_shipment",
    "cancellations": ORDERS.format("shopify") + "is_cancelled",
    "fraudulent_orders": ORDERS.format("shopify") + "is_fraudulent",
    "order_edits": ORDERS.format("shopify") + "is_edited and added_amount = 0",
    "order_additions": ORDERS.format("shopify") + "is_edited and added_amount > 0",
    "returns": "select distinct order_id from fct_returns join fct_orders using (order_key) "
    "where fct_returns.source_system = 'shopify'",
    "exchanges": ORDERS.format("shopify") + "has_exchange and added_amount > 0",
    "cross_channel_returns": ORDERS.format("shopify") + "is_returned_in_store",
    "goodwill_refunds": "select distinct order_id from fct_order_adjustments join fct_orders using (order_key) "
    "where adjustment_type = 'refund_adjustment' and fct_orders.source_system = 'shopify' and not fct_orders.is_cancelled",
    # a return is a document of its own, which its refund names
    "till_returns": "select distinct split_part(refund_id, ':', 1) from fct_refunds join fct_returns using (refund_key) "
    "join fct_orders on fct_orders.order_key = fct_refunds.order_key "
    "where fct_refunds.source_system = 'square' and not is_exchange and not is_return",
    "till_exchanges": "select distinct split_part(refund_id, ':', 1) from fct_refunds join fct_returns using (refund_key) "
    "where is_exchange and fct_refunds.source_system = 'square'",
    "till_returns_without_receipt": ORDERS.format("square") + "is_return",
    "till_goodwill": "select order_id from fct_refunds join fct_orders using (order_key) "
    "where fct_refunds.source_system = 'square' and refunded_quantity = 0 and line_amount = 0",
    "offline_sales": ORDERS.format("square") + "ordered_at < created_at - interval 20 minute",
    "late_payments": ORDERS.format("square") + "paid_at > ordered_at + interval 6 hour",
    "voided_sales": ORDERS.format("square") + "is_cancelled",
}


def expected(road: Road, walk: Walk, scenario: str) -> set[str]:
    with duckdb.connect() as con:
        rows = con.execute(
            f"select order_id from '{road.sandbox.truth}/order_scenarios.parquet' where scenario = ? and happened_at <= ?",
            [scenario, walk.now],
        ).fetchall()
    return {row[0] for row in rows}


@pytest.mark.parametrize("scenario", TOLD)
def test_each_order_of_a_scenario_is_told_and_no_other(road: Road, next_day: Walk, scenario: str):
    with next_day.marts() as con:
        found = {row[0] for row in con.sql(TOLD[scenario]).fetchall()}
    assert found == expected(road, next_day, scenario)


def test_all_scenarios_are_looked_at(road: Road, next_day: Walk):
    with duckdb.connect() as con:
        happened = {
            row[0]
            for row in con.execute(
                f"select distinct scenario from '{road.sandbox.truth}/order_scenarios.parquet' where happened_at <= ?",
                [next_day.now],
            ).fetchall()
        }
    assert happened - {"partial_refunds"} <= set(TOLD)
    assert len(happened) > 18, "too few scenarios happened in this world to prove anything"


def test_of_a_partial_refund_something_was_kept(road: Road, next_day: Walk):
    with next_day.marts() as con:
        kept = {
            row[0]
            for row in con.sql(
                "select distinct order_id from fct_returns join fct_orders using (order_key) where exists ("
                "select 1 from fct_order_lines as lines where lines.order_key = fct_orders.order_key "
                "and lines.quantity > lines.refunded_quantity)"
            ).fetchall()
        }
    partial = expected(road, next_day, "partial_refunds")
    assert len(partial) > 5
    assert partial <= kept


def test_gift_cards_are_owed_and_never_revenue(next_day: Walk):
    """What was paid with gift cards is no new money, and what was sold as gift cards is no sale."""
    with next_day.marts() as con:
        row = con.sql(
            "select sum(gift_card_amount), sum(gift_card_redeemed_amount), sum(net_payment_amount), "
            "sum(total_amount - refunded_amount), sum(case when gift_card_amount > 0 and line_count = 1 "
            "then net_sales_amount else 0 end) from fct_orders where source_system = 'shopify' and not is_test"
        ).fetchone()
    sold, redeemed, paid, owed, sales_of_cards_alone = row
    assert sold > 0
    assert redeemed > 0
    assert paid == owed
    assert sales_of_cards_alone == 0


def test_margins_of_a_day_are_those_of_its_lines(next_day: Walk):
    with next_day.marts() as con:
        apart = con.sql(
            """
            with lines as (
                select order_date as sales_date, sum(margin_amount) as margin, sum(net_sales_amount) as net_sales
                from fct_order_lines where not is_test group by 1
            ), days as (
                select sales_date, sum(margin_amount) as margin, sum(net_sales_amount) as net_sales,
                    sum(costed_net_sales_amount) as costed
                from fct_daily_sales group by 1
            )
            select * from lines full join days using (sales_date)
            where coalesce(lines.margin, 0) <> coalesce(days.margin, 0)
                or coalesce(lines.net_sales, 0) <> coalesce(days.net_sales, 0) or days.costed < days.margin
            """
        ).fetchall()
        earned = con.sql("select sum(margin_amount) / sum(costed_net_sales_amount) from fct_daily_sales").fetchone()[0]
    assert apart == []
    assert 0.4 < earned < 0.7  # the sandbox's goods cost 32 to 47 percent of their price
