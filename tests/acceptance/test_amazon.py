"""Amazon on the road: its buyers stay nobody, its money and stock are its own, and nothing of it is credited to the shop."""

from __future__ import annotations

import duckdb

from tests.conftest import Road, Walk


def test_an_order_is_a_customer_of_its_own_and_reached_by_nobody(next_day: Walk):
    with next_day.warehouse() as con:
        orders, customers, others = con.sql(
            """
            with hidden as (
                select map.* from intermediate.int_identity__record_customers as map
                join intermediate.int_identity__records as records using (record_key)
                where records.source_system = 'amazon'
            )
            select count(*), count(distinct customer_id), (
                select count(*) from intermediate.int_identity__record_customers as map
                where map.customer_id in (select hidden.customer_id from hidden)
            ) from hidden
            """
        ).fetchone()
        told = con.sql(
            "select count(*) from intermediate.int_identity__identifiers where identifier_type = 'marketplace_email'"
        ).fetchone()[0]
        reached = con.sql(
            "select count(*) from intermediate.int_consent__contact_addresses where contact_value like '%marketplace.amazon%'"
        ).fetchone()[0]
    assert orders == customers == others
    assert orders > 100
    assert told > 30
    assert reached == 0


def test_fees_are_what_amazon_kept(road: Road, next_day: Walk):
    with next_day.marts() as con:
        kept, orders = con.sql(
            "select cast(sum(document_amount) * 100 as bigint), count(distinct order_key) from fct_order_adjustments "
            "where adjustment_type = 'marketplace_fee'"
        ).fetchone()
    with duckdb.connect() as con:
        theirs = con.sql(
            "select -sum(commission_cents + fulfilment_fee_cents + refund_fee_cents), count(distinct order_id) "
            f"from '{road.sandbox.world}/amazon_transaction_lines.parquet' where revealed_at <= timestamp '{next_day.now}' "
            f"and posted_at < timestamp '{next_day.now}' - interval 2 minute"
        ).fetchone()
    assert (kept, orders) == theirs
    assert kept > 10_000


def test_stock_at_amazon_is_as_amazon_shows_it_and_sold_there_alone(road: Road, next_day: Walk):
    with duckdb.connect() as con:
        theirs = con.sql(
            "select sku, fulfillable + pending_customer_order + customer_damaged, fulfillable, pending_customer_order, "
            f"inbound_shipped, customer_damaged from '{road.sandbox.world}/amazon_inventory.parquet' "
            f"where updated_at <= timestamp '{next_day.now}' "
            "qualify row_number() over (partition by sku order by version desc) = 1 order by all"
        ).fetchall()
    with next_day.marts() as con:
        ours = con.sql(
            "select sku, on_hand_quantity, available_quantity, committed_quantity, incoming_quantity, damaged_quantity "
            "from fct_inventory_levels where source_system = 'amazon' order by all"
        ).fetchall()
        promised = con.sql(
            "select distinct channel from fct_available_to_promise "
            "where atp_quantity > 0 and location_key like 'amazon:%'"
        ).fetchall()
        elsewhere = con.sql(
            "select count(*) from fct_available_to_promise "
            "where channel = 'marketplace' and atp_quantity > 0 and location_key not like 'amazon:%'"
        ).fetchone()
    assert ours == theirs
    assert len(ours) > 30
    assert promised == [("marketplace",)]
    assert elsewhere == (0,)


def test_an_order_of_amazons_is_credited_to_the_marketplace_that_found_its_buyer(next_day: Walk):
    with next_day.marts() as con:
        orders, credited_otherwise = con.sql(
            """
            select
                count(distinct conversion_id),
                count(*) filter (
                    where channel <> 'marketplace' or touchpoint_id is distinct from 'marketplace_order:' || conversion_id
                )
            from fct_attribution where source_system = 'amazon'
            """
        ).fetchone()
    assert orders > 100
    assert credited_otherwise == 0
