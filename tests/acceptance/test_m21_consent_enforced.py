"""M21: no membership whose consent, as of the sync, is not granted for that channel and purpose.

The consent is computed here once more from the vendors' own documents, not through the consent models.
"""

import pytest

from tests.conftest import ROOT, WITHOUT_MEMBERS, Walk

AUDIENCES = sorted(path.stem for path in (ROOT / "dbt_project" / "models" / "audiences").glob("aud_*.sql"))
EMAIL, ADS = ("email", "marketing"), ("ads", "advertising")
MAP = "join intermediate.int_identity__record_customers as map on map.record_key"
# Who said what when, in the vendors' own words: customer, whether they agreed, the moment. A browser repeats with each
# event what its cookie banner was told once: it is said at the first event that has it.
SAID = {
    EMAIL: f"""
        select map.customer_id, shopify.email_marketing_state = 'SUBSCRIBED' as agreed, shopify.email_marketing_updated_at as said_at
        from raw_shopify.customers as shopify {MAP} = 'shopify:' || shopify.id
        where shopify.email_marketing_state in ('SUBSCRIBED', 'UNSUBSCRIBED')
        union all
        select map.customer_id, klaviyo.email_consent = 'SUBSCRIBED', klaviyo.email_consent_at
        from raw_klaviyo.profiles as klaviyo {MAP} = 'klaviyo:' || klaviyo.id
        where klaviyo.email_consent in ('SUBSCRIBED', 'UNSUBSCRIBED')
        union all
        select map.customer_id, said.status = 'SUBSCRIBED', said.changed_at
        from raw_hubspot.subscriptions as said {MAP} = 'hubspot:' || said.contact_id
        where said.purpose = 'Marketing' and said.status in ('SUBSCRIBED', 'UNSUBSCRIBED')
    """,
    ADS: f"""
        select map.customer_id, events.agreed, events.said_at
        from (
            select
                'web_events:' || coalesce(anonymous_id, '') || '|' || coalesce(user_id, '') as visitor,
                consent_advertising as agreed,
                timestamp as said_at,
                lag(consent_advertising) over (
                    partition by anonymous_id, user_id order by timestamp asc nulls last, message_id asc nulls last
                ) as agreed_before
            from (select distinct message_id, anonymous_id, user_id, consent_advertising, timestamp from raw_web_events.events)
            where consent_advertising is not null
        ) as events
        {MAP} = events.visitor
        where events.agreed is distinct from events.agreed_before
    """,
}


def members(walk: Walk, use: tuple[str, str]) -> list[tuple]:
    """Of all audiences: customer_id, evidence, policy, moment."""
    with walk.warehouse() as con:
        found = []
        for audience in AUDIENCES:
            found += con.execute(
                "select customer_id, consent_evidence_id, consent_policy_version, consent_as_of "
                f"from audiences.{audience} where consent_channel = ? and consent_purpose = ?",
                use,
            ).fetchall()
        return found


@pytest.mark.parametrize("use", SAID, ids="-".join)
def test_every_member_has_a_granted_consent(next_day: Walk, use: tuple[str, str]):
    with next_day.warehouse() as con:
        agreed = {c for (c,) in con.sql(f"select distinct customer_id from ({SAID[use]}) where agreed").fetchall()}
    found = members(next_day, use)
    assert len(found) > 30
    assert all(evidence and policy and as_of for _, evidence, policy, as_of in found)
    assert {customer for customer, *_ in found} <= agreed


@pytest.mark.parametrize("use", SAID, ids="-".join)
def test_the_latest_word_counts(next_day: Walk, use: tuple[str, str]):
    """Nobody stays a member who took it back and has said nothing since."""
    with next_day.warehouse() as con:
        withdrawn = {
            customer
            for (customer,) in con.sql(
                f"""
                with said as (select * from ({SAID[use]}) where said_at is not null)
                select customer_id from said group by 1
                having max(said_at) filter (where not agreed) > max(said_at) filter (where agreed)
                """
            ).fetchall()
        }
    assert withdrawn
    assert not {customer for customer, *_ in members(next_day, use)} & withdrawn


def test_every_row_names_a_use_that_the_audience_has(next_day: Walk):
    with next_day.activation() as con:
        routed = set(con.sql("select audience, channel, purpose from audiences").fetchall())
        assert {audience for audience, *_ in routed} == set(AUDIENCES)
        named = {
            (audience, *use)
            for audience in AUDIENCES
            for use in con.sql(f"select distinct consent_channel, consent_purpose from {audience}").fetchall()
        }
    assert named == {use for use in routed if use[0] not in WITHOUT_MEMBERS}
