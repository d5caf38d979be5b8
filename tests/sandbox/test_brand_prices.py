"""Prices of the web shop: marked down at a moment, charged and shown so from then on; what people wished for before."""

from __future__ import annotations

from .brand_world import none, one

PRICED = """
create temp table priced as
    select variant_id, sku, price_cents, compare_at_price_cents, updated_at as since, version,
        lead(updated_at, 1, timestamp '2100-01-01') over (partition by variant_id order by version) as until
    from shopify_variants;
update priced set since = timestamp '2000-01-01' where version = 1;
"""


def test_a_product_is_marked_down_as_a_whole(everything):
    """Some before the clock stands still, some in the days to come; what it cost stands beside what it costs."""
    before, after = one(
        everything,
        """select count(*) filter (where updated_at < (select max(received_at) from web_events) - interval 30 days), count(*)
        from shopify_products where version = 2""",
    )
    assert 0 < before < after
    none(
        everything,
        "select * from shopify_variants where version > 2 or price_cents <= unit_cost_cents and not is_gift_card",
    )
    none(
        everything,
        """select * from shopify_variants as now inner join shopify_variants as earlier using (variant_id)
        inner join shopify_products as product on product.product_id = now.product_id and product.version = 2
        where now.version = 2 and earlier.version = 1 and (now.compare_at_price_cents <> earlier.price_cents
            or now.price_cents >= earlier.price_cents or now.updated_at <> product.updated_at)""",
    )


def test_what_is_shown_is_charged(everything):
    everything.execute(PRICED)
    checked = one(
        everything,
        """select count(*) filter (where priced.version = 2) from shopify_order_lines as lines inner join priced using (variant_id)
        where lines.version = 1 and unit_price_cents = priced.price_cents""",
    )[0]
    assert checked > 10
    for lines, moment in (
        (
            """shopify_order_lines as lines inner join shopify_orders as placed using (order_id, version)
            inner join priced using (variant_id) where lines.version = 1 and not is_added""",
            "placed.created_at",
        ),
        ("shopify_order_lines as lines inner join priced using (variant_id) where is_added", "lines.updated_at"),
        (
            """shopify_checkout_lines as lines inner join shopify_checkouts as checkouts using (checkout_id)
            inner join priced using (variant_id) where true""",
            "checkouts.created_at",
        ),
    ):
        none(
            everything,
            f"""select * from {lines} and {moment} >= priced.since and {moment} < priced.until
                and unit_price_cents <> priced.price_cents""",
        )


def test_a_wish_is_what_somebody_looked_at_and_left(everything):
    """In Segment's words, at the price of the moment; the clocks of browsers may be wrong, so only those that are right count."""
    everything.execute(PRICED)
    wishes, browsers, lists = one(
        everything,
        """select count(*), count(distinct anonymous_id), count(distinct wishlist_id) from web_events
        where event = 'Product Added to Wishlist'""",
    )
    assert wishes > 100
    assert browsers == lists > 50
    none(
        everything,
        """select * from web_events as wish left join priced on priced.sku = wish.sku
            and original_timestamp >= priced.since and original_timestamp < priced.until
        where event = 'Product Added to Wishlist' and abs(epoch(received_at - original_timestamp)) < 2
            and abs(epoch(original_timestamp - priced.since)) > 2 and wish.price_cents is distinct from priced.price_cents""",
    )
    none(
        everything,
        """select * from web_events as wish anti join web_events as look on look.event = 'Product Viewed'
            and look.anonymous_id = wish.anonymous_id and look.sku = wish.sku
            and wish.original_timestamp - look.original_timestamp between interval 0 seconds and interval 1 second
        where wish.event = 'Product Added to Wishlist'""",
    )
