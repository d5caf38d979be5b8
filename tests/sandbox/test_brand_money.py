"""The money of the world adds up to the cent, in every document and version."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.brand.aftersales import units_amount
from sandbox.brand.orders import allocate, sum_by

from .brand_world import none, one


def test_totals_tie_to_their_parts(everything):
    none(
        everything,
        """select * from shopify_orders
        where total_cents <> subtotal_cents + shipping_cents + tip_cents + if(taxes_included, 0, tax_cents)
            or current_total_cents <> total_cents - refunded_cents
            or refunded_cents not between 0 and total_cents or discounts_cents < 0""",
    )
    none(
        everything,
        """with lines as (
            -- what was put in later counts from then on
            select orders.order_id, orders.version, sum(quantity * unit_price_cents - lines.discount_cents) as net,
                sum(lines.discount_cents) as discount, sum(lines.tax_cents) as tax,
                max(unit_price_cents * quantity - lines.discount_cents) as largest,
                bool_or(is_gift_card and (lines.tax_cents > 0 or lines.discount_cents > 0)) as taxed_gift
            from shopify_orders as orders inner join shopify_order_lines as lines
                on lines.order_id = orders.order_id and lines.updated_at <= orders.updated_at
            where lines.version = 1 group by all
        )
        select * from shopify_orders left join lines using (order_id, version)
        where lines.order_id is null or subtotal_cents <> net or discounts_cents <> discount or tax_cents <> tax
            or taxed_gift or largest <= 0""",
    )


def test_refunds_tie_to_their_lines_and_orders(everything):
    none(
        everything,
        """with lines as (
            select refund_id, sum(refund_line.subtotal_cents + if(taxes_included, 0, refund_line.tax_cents)) as money
            from shopify_refund_lines as refund_line inner join shopify_orders as orders using (order_id)
            where orders.version = 1 group by 1
        )
        select * from shopify_refunds left join lines using (refund_id)
        where total_cents <> coalesce(money, 0) + shipping_cents + adjustment_cents or total_cents <= 0
            or least(shipping_cents, adjustment_cents) < 0""",
    )
    none(
        everything,
        """with refunds as (
            select orders.order_id, orders.version, sum(refunds.total_cents) as refunded
            from shopify_orders as orders
            left join shopify_refunds as refunds
                on refunds.order_id = orders.order_id and refunds.created_at <= orders.updated_at
            group by all
        )
        select * from shopify_orders inner join refunds using (order_id, version)
        where refunded_cents <> coalesce(refunded, 0)
            or financial_status <> case when refunded_cents = 0 then 'PAID' when refunded_cents = total_cents
                then 'REFUNDED' else 'PARTIALLY_REFUNDED' end""",
    )
    none(
        everything,
        """select refund_id from shopify_refunds as refunds anti join shopify_orders as orders
            on orders.order_id = refunds.order_id and orders.updated_at = refunds.created_at""",
    )


def test_units_given_back_are_units_sold(everything):
    none(
        everything,
        """with back as (
            select line_id, sum(quantity) as units, sum(subtotal_cents) as money, sum(tax_cents) as tax
            from shopify_refund_lines group by 1
        ), last as (select * from shopify_order_lines
            qualify row_number() over (partition by line_id order by version desc) = 1)
        select * from last left join back using (line_id)
        where current_quantity <> quantity - coalesce(units, 0) or current_quantity < 0
            or (current_quantity = 0 and (money <> quantity * unit_price_cents - discount_cents or tax <> tax_cents))""",
    )


def test_cancelled_orders_are_refunded_whole_and_never_shipped(everything):
    count, refunded = one(
        everything,
        """select count(*), count(*) filter (where financial_status = 'REFUNDED') from shopify_orders
        where cancelled_at is not null""",
    )
    assert count > 0
    assert refunded == count
    none(everything, "select * from shopify_orders where cancelled_at is not null and fulfillment_status = 'FULFILLED'")
    none(
        everything,
        "select cancelled_at, cancel_reason from shopify_orders "
        "where (cancelled_at is null) <> (cancel_reason is null)",
    )


def test_payments_tie_to_orders(everything):
    none(
        everything,
        """with paid as (
            select order_id, sum(amount_cents) filter (where kind in ('SALE', 'CAPTURE')) as taken,
                sum(amount_cents) filter (where kind = 'REFUND') as given
            from shopify_transactions where status = 'SUCCESS' group by 1
        ), last as (select order_id, max(refunded_cents) as refunded, max(total_cents) as total
            from shopify_orders group by 1)
        select * from last left join paid using (order_id)
        where taken is distinct from total or coalesce(given, 0) <> refunded""",
    )


def test_the_kinds_of_trouble_occur(everything):
    kinds = one(
        everything,
        """select
            (select count(*) from shopify_orders where edited), (select count(*) from shopify_orders where test),
            (select count(*) from shopify_refunds where refund_id not in (select refund_id from shopify_refund_lines)),
            (select count(*) from shopify_refunds where shipping_cents > 0),
            (select count(*) from shopify_refund_lines where restock_type = 'NO_RESTOCK' and not restocked),
            (select count(*) from shopify_order_lines where current_quantity between 1 and quantity - 1),
            (select count(*) from shopify_order_lines where is_gift_card),
            (select count(*) from shopify_transactions where status = 'FAILURE')""",
    )
    assert all(kinds), kinds


def test_shop_totals_are_those_of_the_documents(brand, everything):
    none(
        everything,
        f"""with book as (
            select test as is_test, count(*) as orders, sum(total_cents) as total, sum(tax_cents) as tax from (
                select * from shopify_orders where updated_at < timestamp '{brand.now.isoformat(sep=" ")}'
                qualify row_number() over (partition by order_id order by version desc) = 1
            ) group by 1
        )
        select * from truth_shop_totals as totals left join book using (is_test)
        where scope = 'history' and totals.orders > 0
            and (totals.orders, total_cents, tax_cents) is distinct from (book.orders, book.total, book.tax)""",
    )


@given(st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 3)), min_size=1, max_size=12), st.integers(0, 5_000))
def test_allocated_parts_sum_to_the_whole(lines, amount):
    """Also where weights are zero; no part is larger than what it is taken from by more than rounding."""
    group = np.sort(np.array([line[1] for line in lines]))
    weight = np.array([line[0] for line in lines])
    base = sum_by(group, weight, 4)
    amounts = np.where(base > 0, amount, 0)
    parts = allocate(group, weight, base, amounts)
    assert sum_by(group, parts, 4).tolist() == amounts.tolist()
    assert (parts >= 0).all()
    assert (parts[weight == 0] == 0).all()


@pytest.mark.parametrize(("amount", "quantity"), [(1_000, 3), (999, 2), (0, 4), (1, 5)])
def test_units_share_an_amount_exactly(amount, quantity):
    steps = [int(units_amount(amount, quantity, unit, unit + 1)) for unit in range(quantity)]
    assert sum(steps) == amount
    assert max(steps) - min(steps) <= 1


def test_what_is_put_in_later_is_paid_then_and_makes_the_order_grow(everything):
    (grown,) = one(
        everything, "select count(*) from truth_order_scenarios where scenario in ('order_additions', 'exchanges')"
    )
    assert grown > 2
    none(
        everything,
        """with put_in as (
            select lines.order_id, lines.updated_at, is_exchange, quantity * unit_price_cents as net, lines.tax_cents as tax,
                quantity * unit_price_cents + if(taxes_included, 0, lines.tax_cents) as cents
            from shopify_order_lines as lines inner join shopify_orders as orders using (order_id)
            where is_added and orders.version = 1
        ), told as (
            select orders.*, total_cents - original_total_cents as more,
                total_cents - lag(total_cents) over (partition by order_id order by version) as step
            from shopify_orders as orders
        )
        select * from told left join put_in using (order_id)
        where more <> if(told.updated_at >= put_in.updated_at, cents, 0)
            or coalesce(step, 0) <> if(told.updated_at = put_in.updated_at, cents, 0)
            or (not put_in.is_exchange and edited <> (told.updated_at >= put_in.updated_at))
            or (told.updated_at = put_in.updated_at and not exists (
                select 1 from shopify_transactions as paid where paid.order_id = told.order_id
                    and paid.kind = 'SALE' and paid.processed_at = put_in.updated_at and paid.amount_cents = cents))""",
    )
