"""What is sold on Amazon: money ties, stock follows, and the rest of the world knows nothing of it."""

from __future__ import annotations

import inspect

from sandbox.brand import amazon_orders, amazon_stock, amazon_tables

from .brand_world import none, one


def test_the_books_are_those_of_the_tables(everything):
    now = "timestamp '2026-03-01' + interval 60 day"
    told = one(
        everything,
        f"""with orders as (
            select * from amazon_orders where updated_at <= {now}
            qualify row_number() over (partition by order_id order by version desc) = 1
        ), lines as (
            select lines.* from amazon_order_lines as lines inner join orders using (order_id)
            where status in ('UNSHIPPED', 'SHIPPED') and (cancelled_at is null or cancelled_at > {now})
        )
        select (select count(*) from orders where status in ('UNSHIPPED', 'SHIPPED')),
            (select count(*) from orders where status = 'PENDING'),
            (select count(*) from orders where status = 'CANCELLED'), count(*), sum(quantity * unit_price_cents),
            sum(discount_cents), sum(shipping_cents), sum(tax_cents) from lines""",
    )
    book = one(
        everything,
        """select orders, pending, cancelled, lines, gross_cents, discounts_cents, shipping_cents, tax_cents
        from truth_amazon_totals where scope = 'history'""",
    )
    assert told == book
    assert book[0] > 30


def test_all_that_may_become_of_an_order_occurs(everything):
    kinds = everything.execute(
        """select
            (select count(*) from amazon_orders where status = 'CANCELLED') as cancelled,
            (select count(*) from amazon_order_lines where cancelled_at is not null) as edited,
            (select count(*) from amazon_order_lines where discount_cents > 0) as promoted,
            (select count(*) from amazon_order_lines where shipping_cents > 0) as shipped_for_money,
            (select count(*) from amazon_transaction_lines where transaction_type = 'Refund') as refunded,
            (select count(*) from amazon_returns where disposition <> 'SELLABLE') as broken,
            (select count(*) from amazon_orders where version = 1 and buyer_email is null) as silent,
            (select count(*) from amazon_transaction_lines where revealed_at > posted_at + interval 12 hour) as late"""
    ).fetchdf()
    missing = [name for name in kinds.columns if not kinds[name][0]]
    assert not missing, missing


def test_a_shipment_pays_the_order_and_a_refund_at_most_what_was_paid(everything):
    none(
        everything,
        """with paid as (
            select order_id, sum(product_cents) as net, sum(tax_cents) as tax, sum(shipping_cents) as shipping
            from amazon_transaction_lines where transaction_type = 'Shipment' group by 1
        ), sold as (
            select order_id, sum(quantity * unit_price_cents - discount_cents) as net, sum(tax_cents) as tax,
                sum(shipping_cents) as shipping
            from amazon_order_lines semi join (select order_id from amazon_orders where status = 'SHIPPED') using (order_id)
            where cancelled_at is null group by 1
        )
        select * from sold left join paid using (order_id)
        where paid.net is distinct from sold.net or paid.tax <> sold.tax or paid.shipping <> sold.shipping""",
    )
    none(
        everything,
        """select order_id, sku from amazon_transaction_lines group by all
        having sum(product_cents) < 0 or sum(tax_cents) < 0""",
    )
    none(everything, "select * from amazon_transaction_lines where revealed_at - posted_at > interval 48 hour")


def test_levels_follow_from_the_ledger(everything):
    none(
        everything,
        """with levels as (
            select *, fulfillable + pending_customer_order + customer_damaged as on_hand from amazon_inventory
        ), moved as (
            select levels.sku, levels.version, any_value(levels.on_hand) as on_hand, coalesce(sum(quantity), 0) as moved
            from levels left join amazon_ledger as ledger
                on ledger.sku = levels.sku and ledger.happened_at <= levels.updated_at
            group by 1, 2
        )
        select sku from moved group by sku having count(distinct on_hand - moved) > 1""",
    )
    none(
        everything,
        """select * from amazon_inventory
        where least(fulfillable, pending_customer_order, inbound_shipped, customer_damaged) < 0""",
    )


def test_a_buyer_is_known_by_an_order_alone(everything):
    assert one(everything, "select count(distinct buyer_email) - count(distinct order_id) from amazon_orders where buyer_email is not null")[0] == 0  # fmt: skip
    none(everything, "select * from amazon_orders where buyer_email not like '%@marketplace.amazon.example'")
    buyers, elsewhere = one(
        everything,
        """with owners as (select distinct person_id, source_system from truth_record_owners)
        select count(*), count(*) filter (where person_id in
            (select person_id from owners where source_system in ('shopify', 'square')))
        from owners where source_system = 'amazon'""",
    )
    assert 0 < elsewhere < buyers


def test_it_draws_from_streams_of_its_own():
    """A draw from another part's stream would change that part."""
    for module in (amazon_orders, amazon_stock, amazon_tables):
        for line in inspect.getsource(module).splitlines():
            if ".rng(" in line or ".salt(" in line:
                assert '("amazon ' in line or 'amazon " + kind' in line, line
