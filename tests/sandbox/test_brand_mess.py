"""The world is reachable enough for the audience and as large as said; its events are as untidy as real ones."""

from __future__ import annotations

from sandbox.brand.mess import abandoners

from .brand_world import none, one


def test_volumes_follow_the_people(brand, everything):
    """A person makes about one order, at most 60 message events and 100 web events in 120 days."""
    now = f"timestamp '{brand.now.isoformat(sep=' ')}'"
    orders, messages, events = (
        one(everything, f"select count(*) from {table} where revealed_at < {now} {extra}")[0] / 600 * 2
        for table, extra in (("shopify_orders", "and version = 1"), ("klaviyo_events", ""), ("web_events", ""))
    )
    assert 0.7 < orders < 1.3
    assert 20 < messages < 60
    assert 40 < events < 100
    assert abandoners(brand)["subscribed"] >= 600 * 0.08


def test_household_phones_join_different_given_names(everything):
    """Whoever trusts such a phone merges people; their given names give it away."""
    shared, names = one(
        everything,
        """select count(*), avg(names) from (
            select phone, count(distinct given_name) as names, count(*) as members
            from truth_people where household_phone group by 1
        ) where members > 1""",
    )
    assert shared > 5
    assert names >= 2


def test_web_rows_come_late_twice_and_skewed(everything):
    repeated, late, skewed, future = one(
        everything,
        """select count(*) - count(distinct message_id),
            count(*) filter (where received_at - timestamp > interval 1 minute),
            count(*) filter (where abs(epoch(original_timestamp - timestamp)) > 60),
            (select count(*) from klaviyo_events where datetime > revealed_at + interval 10 day)
        from web_events""",
    )
    assert min(repeated, late, skewed, future) > 0
    # the same message is the same message: only its journey differs
    none(
        everything,
        """select message_id from web_events group by 1
        having count(distinct (type, event, anonymous_id, url, original_timestamp)) > 1""",
    )
    none(
        everything,
        """select * from web_events
        where timestamp <> received_at - (sent_at - original_timestamp)
            or type not in ('page', 'screen', 'track', 'identify') or (type = 'track') <> (event is not null)""",
    )
