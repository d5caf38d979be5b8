"""M12, at every audited moment: the ledger rolls to the true stock, and what was stolen is found as shrink to the unit."""

from __future__ import annotations

from tests.acceptance_support.stock import Readings


def test_on_hand_is_the_truth_at_every_audited_moment(stock: Readings) -> None:
    """Ninety days of theft, breakage, miscounts, late bookings: the ledger rolled to each right count, vendor by vendor."""
    compared = stock.rows(
        """select truth.source_system, count(*), count(*) filter (where truth.on_hand is distinct from (
            select sum(quantity) from marts.fct_inventory_movements as moved
            inner join intermediate.int_products__variants as variants using (variant_key)
            where variants.sku = truth.sku and moved.occurred_at <= truth.audited_at
                and moved.location_key = truth.source_system || ':' || truth.location_id))
        from truth.stock as truth where audited_at <= (select as_of from intermediate.int_as_of) group by 1 order by 1"""
    )
    assert [(system, wrong) for system, _, wrong in compared] == [("shopify", 0), ("square", 0)]
    assert all(audits > 300 for _, audits, _ in compared)


def test_stolen_pieces_are_found_as_shrink_to_the_unit(stock: Readings) -> None:
    """Up to each level's last right count: thefts and strays, nothing of what was thrown away or only miscounted."""
    rows = stock.rows(
        """with audited as (
            select source_system, location_id, sku, max(audited_at) as audited_at from truth.stock
            where audited_at <= (select as_of from intermediate.int_as_of) group by all
        )
        select audited.source_system,
            coalesce((select -sum(quantity) from truth.stock_losses as lost where lost.sku = audited.sku
                and lost.source_system = audited.source_system and lost.location_id = audited.location_id
                and scenario in ('theft', 'stray_pieces') and happened_at <= audited_at), 0),
            coalesce((select sum(shrink_quantity) from marts.fct_shrink as shrink where shrink.sku = audited.sku
                and location_key = audited.source_system || ':' || audited.location_id and found_at <= audited_at), 0)
        from audited"""
    )
    assert [row for row in rows if row[1] != row[2]] == []
    for system in ("shopify", "square"):
        assert sum(lost for found, lost, _ in rows if found == system) > 20, system


def test_negative_on_hand_is_kept_and_flagged(stock: Readings) -> None:
    told = "select count(*) from world.shopify_inventory_levels where on_hand < 0 and updated_at <= (select as_of from intermediate.int_as_of)"
    kept = "select count(*) from marts.fct_inventory_snapshots where on_hand_quantity < 0"
    assert stock.rows(told) == stock.rows(kept)
    assert stock.rows(kept)[0][0] > 0
    listed = "select count(*) from intermediate.int_inventory__issues where issue_type = 'negative_on_hand'"
    assert stock.rows(listed) == stock.rows(kept)
    assert stock.rows("select distinct issue_type from intermediate.int_inventory__issues") == [("negative_on_hand",)]
    assert stock.rows(
        "select count(*) from marts.fct_stock_cover where is_on_hand_negative <> (on_hand_quantity < 0)"
    ) == [(0,)]
