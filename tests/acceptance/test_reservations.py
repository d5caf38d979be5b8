"""Holds: each one of the world is known with its end and none is invented; what is not fetched may be promised again."""

from __future__ import annotations

from tests.acceptance_support.stock import Readings

NOW = "(select as_of from intermediate.int_as_of)"
TRUE = """
    select source_system || ':' || reservation_id, sku, source_system || ':' || location_id, quantity, placed_at, expires_at,
        case when ended_at > {as_of} then 'open' else ended_by end, case when ended_at <= {as_of} then ended_at end,
        case when ordered_at <= {now} then source_system || ':' || order_id end
    from {truth} where placed_at <= {now}
"""
FOUND = """
    select reservation_key, sku, location_key, quantity, placed_at, expires_at, reservation_status, ended_at, order_key
    from {marts}fct_reservations
"""


def test_each_hold_of_the_world_is_known_with_its_end(stock: Readings) -> None:
    true = set(stock.rows(TRUE.format(as_of=NOW, now=NOW, truth="truth.reservations")))
    assert set(stock.rows(FOUND.format(marts="marts."))) == true
    kinds = [row[6] for row in true]
    assert min(kinds.count("converted"), kinds.count("expired")) > 20
    late = [row for row in true if row[6] == "expired" and row[8]]
    assert late, "nobody came too late"


def test_the_ledger_says_what_the_vendor_reserves(stock: Readings) -> None:
    """From reading to reading, units that holds took and gave back are the change of the state that Shopify tells."""
    rows = stock.rows(
        """with told as (
            select variant_key, location_key, reading_number, reserved_quantity - lag(reserved_quantity) over (
                partition by variant_key, location_key order by reading_number) as change
            from marts.fct_inventory_snapshots where source_system = 'shopify'
        ), moved as (
            select variant_key, location_key, seen_in_reading as reading_number, -sum(available_quantity) as change
            from marts.fct_inventory_movements where movement_type in ('reservation', 'reservation_release') group by all
        )
        select told.change, coalesce(moved.change, 0) from told
        left join moved using (variant_key, location_key, reading_number) where told.change is not null"""
    )
    assert [row for row in rows if row[0] != row[1]] == []
    assert sum(abs(told) for told, _ in rows) > 100


def test_what_nobody_fetched_is_promised_again(stock: Readings) -> None:
    """A hold that stood at the last reading comes back on the day when it ends by itself, and not before, to every channel."""
    open_now = stock.rows(
        f"""select sku, 'shopify:' || location_id, (expires_at at time zone 'UTC' at time zone 'America/New_York')::date, quantity
        from truth.reservations where placed_at <= {NOW} and ended_at > {NOW}"""
    )
    assert open_now, "nothing was put aside at the last reading"
    ((today,),) = stock.rows("select min(available_from_date) from marts.fct_atp_by_date")
    for sku, place, pool, incoming, released, day in stock.rows(
        "select distinct sku, location_key, pooled_quantity - incoming_quantity - released_quantity, incoming_quantity, "
        "released_quantity, available_from_date from marts.fct_atp_by_date"
    ):
        expected = sum(units for *of, ends, units in open_now if of == [sku, place] and max(ends, today) <= day)
        assert released == expected, (sku, place, day, pool, incoming)
    reserved = {(sku, place) for sku, place, *_ in open_now}
    days = {(sku, place): [] for sku, place in reserved}
    for sku, place, _, units in stock.rows(
        "select sku, location_key, available_from_date, sum(atp_quantity) from marts.fct_atp_by_date group by all order by 3"
    ):
        if (sku, place) in reserved:
            days[sku, place].append(units)
    assert any(units[-1] > units[0] for units in days.values())


def test_after_its_end_it_can_be_sold(stock: Readings) -> None:
    """Readings of the vendor's own: at the reading after a hold expired, its units are no longer reserved but available."""
    ((gone, back),) = stock.rows(
        """select sum(moved.available_quantity) filter (where movement_type = 'reservation'),
            sum(moved.available_quantity) filter (where movement_type = 'reservation_release' and moved.reason = 'expired')
        from marts.fct_inventory_movements as moved inner join marts.fct_reservations as holds
            on split_part(inventory_movement_key, ':res', 1) = reservation_key
        where reservation_status = 'expired' and seen_in_reading is not null"""
    )
    assert -gone == back > 20
