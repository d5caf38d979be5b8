{# Shapes of what led people to buy. See shape_columns(). #}
{% macro journey_shapes() %}
    {%- set money = 'decimal(18,4)' -%}
    {%- set rate = 'decimal(18,6)' -%}
    {{ return({
        'events': {
            'source_system': 'string', 'event_key': 'string', 'event_id': 'string', 'event_type': 'string',
            'event_name': 'string', 'record_key': 'string', 'anonymous_id': 'string', 'user_id': 'string',
            'page_url': 'string', 'page_host': 'string', 'page_path': 'string', 'page_title': 'string',
            'referrer_url': 'string', 'utm_source': 'string', 'utm_medium': 'string', 'utm_campaign': 'string',
            'utm_term': 'string', 'utm_content': 'string', 'click_id_type': 'string', 'click_id': 'string',
            'device_type': 'string', 'user_agent': 'string', 'locale': 'string', 'product_id': 'string',
            'sku': 'string', 'cart_id': 'string', 'checkout_token': 'string', 'order_id': 'string',
            'currency_code': 'string', 'quantity': 'bigint', 'price_amount': money, 'value_amount': money,
            'has_advertising_consent': 'boolean', 'has_analytics_consent': 'boolean', 'occurred_at': 'timestamp',
            'received_at': 'timestamp',
        },
        'messages': {
            'source_system': 'string', 'message_event_key': 'string', 'message_id': 'string', 'record_key': 'string',
            'channel': 'string', 'event_type': 'string', 'event_name': 'string', 'campaign_id': 'string',
            'campaign_name': 'string', 'url': 'string', 'occurred_at': 'timestamp',
        },
        'ad_spend': {
            'source_system': 'string', 'ad_spend_key': 'string', 'account_id': 'string', 'account_name': 'string',
            'account_timezone': 'string', 'campaign_id': 'string', 'campaign_name': 'string', 'ad_group_id': 'string',
            'ad_group_name': 'string', 'ad_id': 'string', 'ad_name': 'string', 'publisher': 'string',
            'currency_code': 'string', 'spend_date': 'date', 'impressions': 'bigint', 'clicks': 'bigint',
            'spend_amount': money,
        },
        'ad_claims': {
            'source_system': 'string', 'ad_claim_key': 'string', 'account_id': 'string', 'campaign_id': 'string',
            'campaign_name': 'string', 'ad_group_id': 'string', 'ad_id': 'string', 'publisher': 'string',
            'claim_type': 'string', 'attribution_window': 'string', 'currency_code': 'string', 'claim_date': 'date',
            'claimed_conversions': rate, 'claimed_amount': money,
        },
    }) }}
{% endmacro %}
