"""Stock of the stores: movements replay to the counts, counts are the truth, and goods go where documents say."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.brand.store_stock import IN_STOCK, SOLD, Moves, make_counts

from .brand_world import none, one

REPLAY = """
create temp table moved as
    select location_id, variation_id, occurred_at, created_at, kind = 'PHYSICAL_COUNT' as is_count, quantity,
        case when kind = 'PHYSICAL_COUNT' then 0 when to_state = 'IN_STOCK' then quantity
            when from_state = 'IN_STOCK' then -quantity else 0 end as change
    from square_inventory_changes where created_at <= {moment};
create temp table replayed as
    select location_id, variation_id, sum(change) + any_value(counted.quantity) as quantity
    from (
        select location_id, variation_id, quantity, occurred_at as counted_at from moved where is_count
        qualify row_number() over (partition by location_id, variation_id order by occurred_at desc) = 1
    ) as counted
    inner join moved using (location_id, variation_id)
    where occurred_at >= counted_at group by all;
"""


@pytest.mark.parametrize("days", [1, 20, 21, 33, 47, 60, 90])
def test_movements_replay_to_the_counts(everything, days):
    """At any moment: the last physical count and all that happened after it, of what had been recorded by then."""
    moment = f"(timestamp '2026-03-01' + interval {days} day)"
    everything.execute(REPLAY.format(moment=moment))
    none(
        everything,
        f"""with shown as (
            select location_id, variation_id, quantity from square_inventory_counts
            where state = 'IN_STOCK' and updated_at <= {moment}
            qualify row_number() over (partition by count_id order by version desc) = 1
        )
        select * from shown full join replayed using (location_id, variation_id)
        where shown.quantity is distinct from replayed.quantity::bigint or shown.quantity < 0""",
    )


def test_what_is_wasted_adds_up(everything):
    none(
        everything,
        """with moved as (
            select location_id, variation_id, sum(quantity) as wasted from square_inventory_changes
            where to_state = 'WASTE' group by 1, 2
        ), shown as (
            select location_id, variation_id, max(quantity) as wasted from square_inventory_counts
            where state = 'WASTE' group by 1, 2
        )
        select * from moved full join shown using (location_id, variation_id)
        where moved.wasted is distinct from shown.wasted""",
    )


def test_the_true_stock_is_what_was_counted_and_unseen_loss_exists(everything):
    counted = """
        select change.location_id, sku, occurred_at as audited_at, quantity as on_hand
        from square_inventory_changes as change
        inner join square_catalog as catalog on catalog.object_id = change.variation_id and catalog.version = 1
        where change.kind = 'PHYSICAL_COUNT'"""
    truth = "select location_id, sku, audited_at, on_hand from truth_stock where source_system = 'square'"
    none(everything, f"({counted}) except ({truth})")
    none(everything, f"({truth}) except ({counted})")
    counts, surprises = one(
        everything,
        """with shown as (
            select change.*, count.quantity as before from square_inventory_changes as change
            asof inner join square_inventory_counts as count
                on count.location_id = change.location_id and count.variation_id = change.variation_id
                and count.updated_at < change.occurred_at
            where change.kind = 'PHYSICAL_COUNT' and count.state = 'IN_STOCK'
        )
        select count(*), count(*) filter (where before <> quantity) from shown""",
    )
    assert 0 < surprises < counts / 4


def test_sold_units_left_the_shelf_and_restocked_ones_came_back(everything):
    none(
        everything,
        """with lines as (
            select order_id, variation_id, quantity from square_order_lines
            semi join (select * from square_orders where state = 'COMPLETED') using (order_id)
        ), moved as (
            select transaction_id as order_id, variation_id, quantity from square_inventory_changes
            where to_state = 'SOLD'
        )
        select * from lines full join moved using (order_id, variation_id)
        where lines.quantity is distinct from moved.quantity
            and order_id not in (select order_id from square_orders where updated_at > timestamp '2026-05-29')""",
    )
    none(
        everything,
        """with back as (
            select order_id, variation_id, source_order_id, sum(quantity) as quantity from square_return_lines
            where is_restocked group by all
        )
        select * from square_inventory_changes as change
        left join back on back.order_id = change.transaction_id and back.variation_id = change.variation_id
        where to_state = 'IN_STOCK' and from_state in ('SOLD', 'UNLINKED_RETURN') and reference_id is null
            and (back.quantity is distinct from change.quantity
                or (source_order_id is null) <> (from_state = 'UNLINKED_RETURN'))""",
    )


def test_goods_bought_online_come_back_without_money_here(everything):
    none(
        everything,
        """select * from square_inventory_changes as change
        left join shopify_refunds as refund on 'shopify-refund-' || refund.refund_id = change.reference_id
        left join shopify_refund_lines as line on line.refund_id = refund.refund_id
            and line.restock_type = 'NO_RESTOCK' and line.quantity = change.quantity
        where reference_id is not null and (line.refund_id is null or change.refund_id is not null
            or change.transaction_id is not null or change.occurred_at <= refund.created_at
            or from_state <> 'UNLINKED_RETURN')""",
    )


def test_a_sale_uploaded_after_a_count_that_saw_it_changes_nothing():
    """Of one variation: counted 5, sold 1, counted 3; then the upload of a sale before the second count, then a sale."""
    columns = {
        "source": [-1, IN_STOCK, -1, IN_STOCK, IN_STOCK],
        "target": [IN_STOCK, SOLD, IN_STOCK, SOLD, SOLD],
        "quantity": [5, 1, 3, 1, 1],
        "occurred_at": [0, 10, 20, 15, 40],
        "recorded_at": [0, 10, 21, 30, 40],
    }
    values = {name: np.array(column) for name, column in columns.items()}
    none_of = np.full(5, -1)
    moves = Moves(cell=np.zeros(5, np.int64), order=none_of, online=none_of, cents=np.zeros(5, np.int64), **values)
    counts = make_counts(moves)
    assert counts.at.tolist() == [0, 10, 21, 30, 40]
    assert counts.quantity.tolist() == [5, 4, 3, 3, 2]
