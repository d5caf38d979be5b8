"""B13: every order beyond as-of stock is in the ledger, none is invented; sales lost while sold out are estimated to 15 %."""

from __future__ import annotations

from tests.acceptance_support.stock import Readings

NOW = "(select as_of from intermediate.int_as_of)"


def test_the_ledger_of_oversells_is_the_worlds(stock: Readings) -> None:
    found = set(
        stock.rows(
            "select replace(order_line_key, 'shopify:', ''), quantity, available_before_quantity, oversold_quantity "
            "from marts.fct_oversells where oversell_type = 'beyond_stock' and not is_reconstructed"
        )
    )
    true = set(
        stock.rows(
            "select order_line_id, quantity, available_before, quantity - greatest(available_before, 0) "
            f"from truth.oversells where ordered_at <= {NOW}"
        )
    )
    assert len(true) > 50
    assert found == true


def test_every_order_at_nothing_left_to_promise_is_listed(stock: Readings) -> None:
    """From the movements of the ledger alone, line by line in Python."""
    available: dict[tuple[str, str], int] = {}
    expected = set()
    for sku, location, kind, key, change in stock.rows(
        "select coalesce(products.sku, moved.variant_key), location_key, movement_type, inventory_movement_key, "
        "available_quantity from marts.fct_inventory_movements as moved "
        "left join intermediate.int_products__variants as products using (variant_key) "
        "order by movement_type <> 'opening', occurred_at, seen_in_reading nulls last, is_documented desc, "
        "order_line_key nulls first, inventory_movement_key"
    ):
        before = available.get((sku, location), 0)
        if kind == "commitment" and before < -change:
            expected.add(key)
        available[sku, location] = before + change
    listed = {key for (key,) in stock.rows("select oversell_key from marts.fct_oversells where oversold_quantity > 0")}
    assert listed == expected


def test_lost_sales_are_estimated_within_fifteen_percent(stock: Readings) -> None:
    spells = "marts.fct_stockouts where channel = 'online' and lost_sales_quantity is not null"
    ((estimated, spell_count),) = stock.rows(f"select sum(lost_sales_quantity), count(*) from {spells}")
    ((lost,),) = stock.rows(
        f"""select sum(quantity) from truth.lost_sales as lost
        semi join (select * from {spells}) as spells
            on spells.sku = lost.sku and lost.wanted_at >= spells.started_at - interval 2 hour
            and lost.wanted_at < coalesce(spells.ended_at, {NOW})"""
    )
    ((everything,),) = stock.rows(f"select sum(quantity) from truth.lost_sales where wanted_at <= {NOW}")
    assert spell_count > 50
    assert lost > 0.6 * everything, "most of what was lost, was lost in spells whose rate is known"
    assert abs(float(estimated) - lost) < 0.15 * lost


def test_who_sold_on_lost_nothing(stock: Readings) -> None:
    rows = stock.rows("select lost_sales_quantity from marts.fct_stockouts where sold_quantity > 0")
    assert rows
    assert {float(lost) for (lost,) in rows} == {0.0}
