"""The world as data: made the same every time, whole, ordered in time, owned by somebody."""

from __future__ import annotations

import hashlib

import phonenumbers
import pytest

from sandbox.brand.basis import Basis
from sandbox.brand.world import make_world

from .brand_world import DAYS, OFTEN, PEOPLE, SEED, none, one

KEYS = {
    "amazon_orders": "order_id",
    "amazon_order_lines": "item_id",
    "amazon_inventory": "sku",
    "amazon_ledger": "ledger_id",
    "amazon_returns": "return_id",
    "amazon_transaction_lines": "transaction_line_id",
    "shopify_customers": "customer_id",
    "shopify_orders": "order_id",
    "shopify_order_lines": "line_id",
    "shopify_refunds": "refund_id",
    "shopify_refund_lines": "refund_line_id",
    "shopify_transactions": "transaction_id",
    "shopify_draft_orders": "draft_order_id",
    "shopify_draft_order_lines": "draft_order_line_id",
    "shopify_fulfillments": "fulfillment_id",
    "shopify_fulfillment_orders": "fulfillment_order_id",
    "shopify_products": "product_id",
    "shopify_variants": "variant_id",
    "shopify_locations": "location_id",
    "shopify_inventory_levels": "inventory_level_id",
    "shopify_inventory_transfers": "transfer_id",
    "shopify_inventory_transfer_lines": "transfer_line_id",
    "shopify_checkouts": "checkout_id",
    "shopify_checkout_lines": "checkout_line_id",
    "klaviyo_profiles": "profile_id",
    "klaviyo_metrics": "metric_id",
    "klaviyo_campaigns": "campaign_id",
    "klaviyo_lists": "list_id",
    "klaviyo_events": "event_id",
    "google_ads_ad_groups": "ad_group_id",
    "google_ads_ads": "ad_id",
    "google_ads_campaigns": "campaign_id",
    "google_ads_conversion_actions": "conversion_action_id",
    "google_ads_conversions": "conversion_id",
    "google_ads_customers": "customer_id",
    "google_ads_metrics": "metric_id",
    "hubspot_contacts": "contact_id",
    "meta_accounts": "account_id",
    "meta_ads": "ad_id",
    "meta_adsets": "adset_id",
    "meta_campaigns": "campaign_id",
    "meta_conversions": "conversion_id",
    "meta_insights": "insight_id",
    "meta_users": "user_key_id",
    "tiktok_adgroups": "adgroup_id",
    "tiktok_ads": "ad_id",
    "tiktok_advertisers": "advertiser_id",
    "tiktok_campaigns": "campaign_id",
    "tiktok_conversions": "conversion_id",
    "tiktok_reports": "report_id",
    "web_events": None,
    "whatsapp_events": "event_id",
    "square_catalog": "object_id",
    "square_customers": "customer_id",
    "square_inventory_changes": "change_id",
    "square_inventory_counts": "count_id",
    "square_locations": "location_id",
    "square_loyalty_accounts": "account_id",
    "square_order_lines": "line_id",
    "square_orders": "order_id",
    "square_payments": "payment_id",
    "square_refunds": "refund_id",
    "square_return_lines": "return_id",
    "loyaltylion_members": "member_id",
    "loyaltylion_transactions": "transaction_id",
    "surveymonkey_responses": "response_id",
    "surveymonkey_surveys": "survey_id",
    "twilio_messages": "sid",
    "zendesk_comments": "comment_id",
    "zendesk_ratings": "rating_id",
    "zendesk_tickets": "ticket_id",
    "zendesk_users": "user_id",
}
VERSIONED = (
    "amazon_orders",
    "amazon_inventory",
    "shopify_customers",
    "shopify_orders",
    "shopify_order_lines",
    "shopify_draft_orders",
    "shopify_fulfillments",
    "shopify_fulfillment_orders",
    "shopify_products",
    "shopify_variants",
    "shopify_inventory_levels",
    "klaviyo_profiles",
    "square_catalog",
    "square_customers",
    "square_inventory_counts",
    "square_loyalty_accounts",
    "square_orders",
    "square_payments",
    "square_refunds",
    "meta_insights",
    "tiktok_reports",
    "google_ads_metrics",
    "hubspot_contacts",
    "loyaltylion_members",
    "surveymonkey_responses",
    "surveymonkey_surveys",
    "twilio_messages",
    "zendesk_ratings",
    "zendesk_tickets",
    "zendesk_users",
)


def content(world):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (world.folder, world.truth)
        for path in sorted(folder.glob("*.parquet"))
    }


def test_two_makes_are_equal(tmp_path):
    first, second = (make_world(3, 120, 25, tmp_path / name) for name in ("a", "b"))
    for name in first.tables:
        assert first.table(name).equals(second.table(name)), name
    assert content(first) == content(second)


def test_another_seed_is_another_world(tmp_path):
    first, second = (make_world(seed, 60, 20, tmp_path) for seed in (3, 4))
    assert not first.table("shopify_orders").equals(second.table("shopify_orders"))
    assert not first.truth_table("people").equals(second.truth_table("people"))


def test_a_world_is_made_once(brand, brand_home):
    before = {path: path.stat().st_mtime_ns for path in brand.folder.iterdir()}
    again = make_world(SEED, PEOPLE, DAYS, brand_home, progress=pytest.fail, scenarios=OFTEN)
    assert again == brand
    assert before == {path: path.stat().st_mtime_ns for path in again.folder.iterdir()}


def test_a_failed_make_leaves_no_world(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr("sandbox.brand.world.build", fails)
    with pytest.raises(OSError, match="disk full"):
        make_world(3, 60, 20, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.name.endswith(".partial")] == []
    assert not list((tmp_path / "vendors" / "world").iterdir())


@pytest.mark.parametrize("numbers", [(1, 10, 60), (1, 600, 3), (-1, 600, 60), (1, 900_000, 60)])
def test_sizes_that_make_no_shop_are_refused(numbers):
    with pytest.raises(ValueError, match="world"):
        Basis(*numbers)


def test_all_tables_are_there_with_unique_keys(brand, everything):
    assert brand.tables == sorted(KEYS)
    for table, key in KEYS.items():
        assert one(everything, f"select count(*) from {table}")[0] > 0, table
        if key and table not in VERSIONED:
            none(everything, f"select {key} from {table} group by 1 having count(*) > 1")


def test_versions_rise_in_time(everything):
    for table in VERSIONED:
        none(
            everything,
            f"""select {KEYS[table]}, version, updated_at,
                lag(version) over w as before, lag(updated_at) over w as earlier
            from {table}
            window w as (partition by {KEYS[table]} order by version)
            qualify (before is null and version <> 1) or version <> coalesce(before, 0) + 1 or updated_at <= earlier""",
        )


def test_nothing_is_revealed_before_it_happened(everything):
    for table in KEYS:
        none(everything, f"select * from {table} where revealed_at is null")
    none(everything, "select * from shopify_orders where revealed_at < created_at or updated_at < created_at")
    none(everything, "select * from web_events where received_at < timestamp - interval 1 minute")
    none(everything, "select * from shopify_orders where least(cancelled_at, closed_at) > updated_at")
    none(everything, "select * from shopify_customers where greatest(email_state_at, sms_state_at) > updated_at")
    none(everything, "select * from klaviyo_profiles where greatest(email_consent_at, suppression_at) > updated_at")


def test_references_lead_somewhere(everything):
    for child, column, parent, key in (
        ("shopify_orders", "customer_id", "shopify_customers", "customer_id"),
        ("shopify_checkouts", "customer_id", "shopify_customers", "customer_id"),
        ("shopify_order_lines", "order_id", "shopify_orders", "order_id"),
        ("shopify_order_lines", "variant_id", "shopify_variants", "variant_id"),
        ("shopify_order_lines", "product_id", "shopify_products", "product_id"),
        ("shopify_refunds", "order_id", "shopify_orders", "order_id"),
        ("shopify_refund_lines", "refund_id", "shopify_refunds", "refund_id"),
        ("shopify_refund_lines", "line_id", "shopify_order_lines", "line_id"),
        ("shopify_refund_lines", "location_id", "shopify_locations", "location_id"),
        ("shopify_transactions", "order_id", "shopify_orders", "order_id"),
        ("shopify_fulfillments", "order_id", "shopify_orders", "order_id"),
        ("shopify_fulfillment_orders", "order_id", "shopify_orders", "order_id"),
        ("shopify_draft_orders", "order_id", "shopify_orders", "order_id"),
        ("shopify_draft_order_lines", "draft_order_id", "shopify_draft_orders", "draft_order_id"),
        ("shopify_draft_order_lines", "variant_id", "shopify_variants", "variant_id"),
        ("shopify_inventory_levels", "inventory_item_id", "shopify_variants", "inventory_item_id"),
        ("shopify_checkout_lines", "checkout_id", "shopify_checkouts", "checkout_id"),
        ("klaviyo_profiles", "external_id", "shopify_customers", "customer_id"),
        ("meta_adsets", "campaign_id", "meta_campaigns", "campaign_id"),
        ("meta_ads", "adset_id", "meta_adsets", "adset_id"),
        ("meta_insights", "ad_id", "meta_ads", "ad_id"),
        ("meta_conversions", "ad_id", "meta_ads", "ad_id"),
        ("tiktok_adgroups", "campaign_id", "tiktok_campaigns", "campaign_id"),
        ("tiktok_ads", "adgroup_id", "tiktok_adgroups", "adgroup_id"),
        ("tiktok_reports", "ad_id", "tiktok_ads", "ad_id"),
        ("tiktok_conversions", "ad_id", "tiktok_ads", "ad_id"),
        ("google_ads_ads", "ad_group_id", "google_ads_ad_groups", "ad_group_id"),
        ("google_ads_ad_groups", "campaign_id", "google_ads_campaigns", "campaign_id"),
        ("google_ads_metrics", "ad_id", "google_ads_ads", "ad_id"),
        ("google_ads_conversions", "ad_id", "google_ads_ads", "ad_id"),
        ("klaviyo_events", "profile_id", "klaviyo_profiles", "profile_id"),
        ("klaviyo_events", "metric_id", "klaviyo_metrics", "metric_id"),
        ("klaviyo_events", "campaign_id", "klaviyo_campaigns", "campaign_id"),
        ("klaviyo_events", "order_id", "shopify_orders", "order_id"),
        ("web_events", "user_id", "shopify_customers", "customer_id"),
        ("web_events", "order_id", "shopify_orders", "order_id"),
        ("web_events", "sku", "shopify_variants", "sku"),
        ("square_customers", "merged_into", "square_customers", "customer_id"),
        ("square_loyalty_accounts", "customer_id", "square_customers", "customer_id"),
        ("square_orders", "customer_id", "square_customers", "customer_id"),
        ("square_orders", "location_id", "square_locations", "location_id"),
        ("square_orders", "source_order_id", "square_orders", "order_id"),
        ("square_order_lines", "order_id", "square_orders", "order_id"),
        ("square_order_lines", "variation_id", "square_catalog", "object_id"),
        ("square_return_lines", "order_id", "square_orders", "order_id"),
        ("square_payments", "order_id", "square_orders", "order_id"),
        ("square_refunds", "order_id", "square_orders", "order_id"),
        ("square_refunds", "payment_id", "square_payments", "payment_id"),
        ("square_inventory_changes", "variation_id", "square_catalog", "object_id"),
        ("square_inventory_changes", "transaction_id", "square_orders", "order_id"),
        ("square_inventory_changes", "refund_id", "square_refunds", "refund_id"),
        ("zendesk_tickets", "requester_id", "zendesk_users", "user_id"),
        ("zendesk_comments", "ticket_id", "zendesk_tickets", "ticket_id"),
        ("zendesk_ratings", "ticket_id", "zendesk_tickets", "ticket_id"),
        ("zendesk_users", "external_id", "shopify_customers", "customer_id"),
        ("hubspot_contacts", "shop_customer_id", "shopify_customers", "customer_id"),
        ("hubspot_contacts", "merged_ids", "hubspot_contacts", "contact_id"),
        ("loyaltylion_members", "linked_merchant_id", "shopify_customers", "customer_id"),
        ("loyaltylion_members", "merged_merchant_id", "shopify_customers", "customer_id"),
        ("loyaltylion_transactions", "member_id", "loyaltylion_members", "member_id"),
        ("loyaltylion_transactions", "order_id", "shopify_orders", "order_id"),
        ("surveymonkey_responses", "survey_id", "surveymonkey_surveys", "survey_id"),
        ("surveymonkey_responses", "customer_id", "shopify_customers", "customer_id"),
        ("surveymonkey_responses", "ticket_id", "zendesk_tickets", "ticket_id"),
    ):
        none(everything, f"select {column}::text as v from {child} where v not in (select {key}::text from {parent})")
    # a customer exists before its orders do, a profile before its events
    none(
        everything,
        """select * from shopify_orders inner join shopify_customers as customer using (customer_id)
        where customer.version = 1 and customer.created_at > shopify_orders.created_at""",
    )
    none(
        everything,
        """select * from klaviyo_events inner join klaviyo_profiles as profile using (profile_id)
        where profile.version = 1 and profile.created > klaviyo_events.datetime""",
    )


def test_vendors_keep_their_own_rules(everything):
    for table, key, email, phone in (
        ("shopify_customers", "customer_id", "email", "phone"),
        ("klaviyo_profiles", "profile_id", "email", "phone_number"),
    ):
        for value in (f"lower({email})", phone):
            none(
                everything,
                f"select {value} from {table} where {value} is not null group by 1 having count(distinct {key}) > 1",
            )
    numbers = everything.execute(
        "select phone from shopify_customers where phone is not null union select phone_number from klaviyo_profiles "
        "where phone_number is not null limit 200"
    ).fetchall()
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for (number,) in numbers)
    none(
        everything,
        """select * from shopify_inventory_levels
        where on_hand <> available + committed + reserved + damaged + safety_stock + quality_control
            or on_hand < 0 or committed < 0 or incoming < 0""",
    )


def test_events_of_an_order_belong_to_its_session(everything):
    """The browser that reported an order also reported its checkout and landed on the order's landing page."""
    orders = """
        select any_value(anonymous_id) as anonymous_id, order_id, min(timestamp) as at, any_value(checkout_id) as token
        from web_events where event = 'Order Completed' group by order_id"""
    none(
        everything,
        f"""select * from ({orders}) as seen inner join shopify_orders as o on o.order_id::text = seen.order_id
        where o.checkout_token <> seen.token or abs(epoch(seen.at - o.created_at)) > 10""",
    )
    found, landed = one(
        everything,
        f"""select count(*), count(*) filter (where exists (
            select 1 from web_events as e where e.anonymous_id = seen.anonymous_id and e.url = o.landing_page
                and e.timestamp between seen.at - interval 1 day and seen.at
        )) from ({orders}) as seen
        inner join shopify_orders as o on o.order_id::text = seen.order_id and o.version = 1 and o.source_name = 'web'""",
    )
    assert found > 100
    assert landed == found
    by_app = "source_name in ('iphone', 'android')"
    assert one(everything, f"select count(*) from shopify_orders where {by_app}")[0] > 10
    none(everything, f"select * from shopify_orders where {by_app} and landing_page is not null")


def test_days_to_come_are_like_days_gone(brand, everything):
    """Advancing the clock by a day brings about a day's volume, of everything."""
    now = brand.now.isoformat(sep=" ")
    for table in ("shopify_orders", "klaviyo_events", "web_events", "shopify_checkouts", "shopify_refunds"):
        past, future = one(
            everything,
            f"""select count(*) filter (where revealed_at between timestamp '{now}' - interval 28 day
                    and timestamp '{now}'),
                count(*) filter (where revealed_at between timestamp '{now}' and timestamp '{now}' + interval 28 day)
            from {table}""",
        )
        assert 0.5 < future / past < 2, table
    for table in ("shopify_customers", "klaviyo_profiles"):
        assert one(everything, f"select count(*) from {table} where updated_at > timestamp '{now}'")[0] > 0


def test_the_truth_covers_every_record(everything):
    records = """
        select 'shopify' as source_system, customer_id::text as id from shopify_customers
        union select 'shopify', 'order-' || order_id from shopify_orders where customer_id is null
        union select 'klaviyo', profile_id from klaviyo_profiles
        union select 'square', customer_id from square_customers
        union select 'square', 'order-' || order_id from square_orders where customer_id is null
        union select 'amazon', 'order-' || order_id from amazon_orders
        union select 'zendesk', user_id::text from zendesk_users where role = 'end-user'
        union select 'loyaltylion', member_id::text from loyaltylion_members
        union select 'hubspot', contact_id::text from hubspot_contacts
        union select 'twilio', customer_number || ':' || regexp_extract(body, '[0-9]+$') from twilio_messages
        where not is_inbound
        union select 'whatsapp', coalesce(user_id, wa_id) from whatsapp_events
        union select 'surveymonkey', response_id from surveymonkey_responses
        where coalesce(email, customer_id, order_id, ticket_id) is not null
        union select 'web_events', anonymous_id from web_events
        union select 'web_events', anonymous_id || '|' || coalesce(user_id, '') from web_events"""
    owners = "select source_system, source_record_id as id from truth_record_owners"
    none(everything, f"({records}) except ({owners})")
    none(everything, f"({owners}) except ({records})")
    none(everything, "select source_record_id from truth_record_owners group by all having count(*) > 1")
    none(
        everything,
        """select distinct owner.source_record_id from truth_record_owners as owner
        inner join web_events on anonymous_id = owner.source_record_id
        where person_id is null and not is_shared
            and user_agent not ilike '%bot%' and user_agent not ilike 'headless%'""",
    )
    none(everything, "select order_id::text from shopify_orders except select order_id from truth_order_causes")
    none(
        everything,
        """select caused_by, count(*) filter (where not is_test) as n from truth_order_causes as cause
        inner join truth_channel_effects as effect on effect.channel = cause.caused_by
        where created_at < (select timestamp '2026-03-01' + interval 60 day) and visit_channel not in ('store', 'marketplace')
        group by caused_by having n <> any_value(effect.orders_caused)""",
    )


def test_direct_visits_cause_nothing_and_adverts_something(everything):
    effects = dict(everything.execute("select channel, orders_caused from truth_channel_effects").fetchall())
    assert effects["direct"] == effects["organic_search"] == 0
    assert min(effects["email"], effects["paid_search"], effects["paid_social"]) > 0
    assert effects["baseline"] > sum(effects.values()) / 2
