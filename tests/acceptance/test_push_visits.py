"""Visits that a notification opened are told from those that come by themselves, as the truth has them; sent where agreed."""

from __future__ import annotations

from tests.conftest import Road, Walk

SEEN = """
    select campaign, split_part(visitor_key, ':', 2) as anonymous_id
    from intermediate.int_journeys__sessions where channel = 'push'
"""
TOLD = "select campaign, anonymous_id from read_parquet('{truth}/push_visits.parquet') where started_at < ?"


def test_each_is_known_by_its_channel_and_campaign(road: Road, first: Walk) -> None:
    with first.warehouse() as con:
        seen = set(con.sql(SEEN).fetchall())
        true = set(con.execute(TOLD.format(truth=road.sandbox.truth), [first.now]).fetchall())
        twice = con.sql(
            "select * from marts.fct_touchpoints where channel = 'push' and touch_type = 'click' and campaign in"
            " (select campaign from marts.fct_sessions where channel = 'push'"
            " and fct_sessions.customer_id = fct_touchpoints.customer_id)"
        ).fetchall()
    assert len(true) > 10
    assert seen <= true
    assert len(seen) > 0.8 * len(true), "some events are lost on their way"
    assert not twice, "the tap and the visit that it made are one touch"


def test_orders_of_the_app_are_the_apps(road: Road, first: Walk) -> None:
    with first.warehouse() as con:
        orders = con.execute(
            "select count(*) from marts.fct_orders as orders full join (select distinct order_id, source_name"
            " from read_parquet($world) where source_name in ('iphone', 'android') and revealed_at < $now) as told"
            " on orders.order_key = 'shopify:' || told.order_id"
            " where (orders.channel = 'app') is distinct from (told.order_id is not null)"
            " and (orders.order_key is not null or told.order_id is not null)",
            {"world": str(road.sandbox.world / "shopify_orders.parquet"), "now": first.now},
        ).fetchone()
        taken = con.sql("select count(*) from marts.fct_orders where channel = 'app'").fetchone()
    assert orders == (0,)
    assert taken is not None
    assert taken[0] > 10
