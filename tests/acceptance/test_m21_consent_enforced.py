"""M21: no membership whose consent, as of the sync, is not granted for that channel and purpose.

The consent is computed here once more from the vendors' own documents, not through the consent models.
"""

from tests.conftest import Walk


def test_every_member_has_a_granted_consent(next_day: Walk):
    with next_day.warehouse() as con:
        members = con.sql(
            "select customer_id, consent_evidence_id, consent_policy_version, consent_as_of from audiences.aud_cart_abandoners"
        ).fetchall()
        granted = {
            customer
            for (customer,) in con.sql(
                "select distinct customer_id from intermediate.int_identity__record_customers as map "
                "left join raw_shopify.customers as shopify on map.record_key = 'shopify:' || shopify.id "
                "left join raw_klaviyo.profiles as klaviyo on map.record_key = 'klaviyo:' || klaviyo.id "
                "where shopify.email_marketing_state = 'SUBSCRIBED' or klaviyo.email_consent = 'SUBSCRIBED'"
            ).fetchall()
        }
    assert len(members) > 30
    assert all(evidence and policy and as_of for _, evidence, policy, as_of in members)
    assert {customer for customer, *_ in members} <= granted


def test_the_latest_word_counts(next_day: Walk):
    """Nobody stays a member whose newest e-mail consent event is a withdrawal."""
    with next_day.warehouse() as con:
        withdrawn = con.sql(
            """
            with said as (
                select map.customer_id, shopify.email_marketing_state as state, shopify.email_marketing_updated_at as said_at
                from raw_shopify.customers as shopify
                join intermediate.int_identity__record_customers as map on map.record_key = 'shopify:' || shopify.id
                where shopify.email_marketing_updated_at is not null
                union all
                select map.customer_id, klaviyo.email_consent, klaviyo.email_consent_at
                from raw_klaviyo.profiles as klaviyo
                join intermediate.int_identity__record_customers as map on map.record_key = 'klaviyo:' || klaviyo.id
                where klaviyo.email_consent_at is not null
            )
            select customer_id from said group by 1 having max_by(state, said_at) = 'UNSUBSCRIBED' and count(distinct said_at) = count(*)
            """
        ).fetchall()
        members = {c for (c,) in con.sql("select customer_id from audiences.aud_cart_abandoners").fetchall()}
    assert withdrawn
    assert not members & {c for (c,) in withdrawn}
