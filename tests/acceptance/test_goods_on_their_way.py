"""M12: what suppliers brought and what was sent on, each a scenario of the world, is in the ledger to the unit; nothing else is."""

from __future__ import annotations

from tests.acceptance_support.stock import Readings

LINES = """
    with lines as (
        select *, 'shopify:transfer-' || transfer_id as document_key, (select as_of from intermediate.int_as_of) as now
        from truth.stock_transfers
    ),
    ends as (
        select scenario, document_key, sku, 'shopify:' || origin_location_id as location_key,
            'transfer_out' as movement_type, shipped_at as occurred_at, -quantity as quantity
        from lines where origin_location_id is not null and shipped_at <= now
        union all
        select scenario, document_key, sku, 'shopify:' || destination_location_id,
            if(scenario = 'purchase_orders', 'receipt', 'transfer_in'), received_at, quantity - refused_quantity
        from lines where destination_location_id is not null and received_at <= now and quantity > refused_quantity
    ),
    moved as (
        select document_key, sku, location_key, movement_type, occurred_at, quantity
        from marts.fct_inventory_movements where document_key like 'shopify:transfer-%' and quantity <> 0
    )
"""


def test_each_line_that_left_or_came_is_in_the_ledger(stock: Readings) -> None:
    found = stock.rows(
        LINES + "select scenario, ends.movement_type, count(*), count(*) filter (moved.quantity is distinct from ends.quantity) "
        "from ends left join moved using (document_key, sku, location_key, movement_type, occurred_at) group by all"
    )  # fmt: skip
    assert {(scenario, kind) for scenario, kind, _, _ in found} == {
        ("purchase_orders", "receipt"),
        ("floor_transfers", "transfer_out"),
        ("floor_transfers", "transfer_in"),
        ("store_transfers", "transfer_out"),
    }
    assert [row for row in found if row[3]] == []
    assert all(lines > 30 for _, _, lines, _ in found)


def test_nothing_is_sent_on_but_that(stock: Readings) -> None:
    wrong = stock.rows(
        LINES
        + "select * from moved anti join ends using (document_key, sku, location_key, movement_type, occurred_at) "
        "where movement_type <> 'receipt'"
    )
    assert wrong == []


def test_part_of_what_suppliers_bring_is_refused(stock: Readings) -> None:
    assert stock.rows("select distinct scenario from truth.stock_transfers where refused_quantity > 0") == [
        ("purchase_orders",)
    ]
