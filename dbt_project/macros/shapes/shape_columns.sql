{# The canonical shapes: for each, its columns in their one order with their types. A vendor's
   shp_<vendor>__<shape> model gives every column by name (cast(null as ...) where the vendor has none);
   union_shape() reads this list, so the order of a model's columns never matters.

   Keys: <thing>_key is unique over all vendors: source_system || ':' || the vendor's id.
   record_key names one vendor's record of a person. Money is in the document's currency_code. #}
{% macro shape_columns(shape) %}
    {%- set money = 'decimal(18,4)' -%}
    {%- set rate = 'decimal(18,6)' -%}
    {%- set shapes = {
        'customer_records': {
            'source_system': 'string', 'source_record_id': 'string', 'record_key': 'string', 'record_type': 'string',
            'given_name': 'string', 'family_name': 'string', 'birth_date': 'date',
            'address_line': 'string', 'city': 'string', 'region_code': 'string', 'postal_code': 'string',
            'country_code': 'string', 'merged_into_record_id': 'string', 'is_test': 'boolean',
            'created_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'identifiers': {
            'source_system': 'string', 'record_key': 'string', 'identifier_type': 'string', 'identifier_value': 'string',
            'country_code': 'string', 'observed_by': 'string', 'first_seen_at': 'timestamp', 'last_seen_at': 'timestamp',
        },
        'orders': {
            'source_system': 'string', 'order_key': 'string', 'order_id': 'string', 'order_name': 'string',
            'record_key': 'string', 'channel': 'string', 'location_key': 'string', 'financial_status': 'string',
            'fulfilment_status': 'string', 'checkout_token': 'string', 'landing_page_url': 'string',
            'referrer_url': 'string', 'currency_code': 'string', 'is_test': 'boolean', 'is_tax_included': 'boolean',
            'exchange_rate': rate, 'gross_amount': money, 'discount_amount': money, 'tax_amount': money,
            'shipping_amount': money, 'tip_amount': money, 'gift_card_amount': money, 'total_amount': money,
            'created_at': 'timestamp', 'processed_at': 'timestamp', 'paid_at': 'timestamp', 'fulfilled_at': 'timestamp',
            'cancelled_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'order_lines': {
            'source_system': 'string', 'order_line_key': 'string', 'order_key': 'string', 'order_line_id': 'string',
            'variant_key': 'string', 'sku': 'string', 'product_title': 'string', 'currency_code': 'string',
            'line_number': 'bigint', 'quantity': 'bigint', 'current_quantity': 'bigint', 'is_gift_card': 'boolean',
            'unit_price': rate, 'gross_amount': money, 'discount_amount': money, 'tax_amount': money,
        },
        'order_adjustments': {
            'source_system': 'string', 'order_adjustment_key': 'string', 'order_key': 'string',
            'adjustment_type': 'string', 'description': 'string', 'currency_code': 'string', 'amount': money,
            'occurred_at': 'timestamp',
        },
        'payments': {
            'source_system': 'string', 'payment_key': 'string', 'order_key': 'string', 'payment_type': 'string',
            'payment_status': 'string', 'gateway': 'string', 'currency_code': 'string', 'is_test': 'boolean',
            'amount': money, 'processed_at': 'timestamp',
        },
        'refunds': {
            'source_system': 'string', 'refund_key': 'string', 'order_key': 'string', 'refund_id': 'string',
            'currency_code': 'string', 'total_amount': money, 'shipping_amount': money, 'adjustment_amount': money,
            'created_at': 'timestamp', 'processed_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'refund_lines': {
            'source_system': 'string', 'refund_line_key': 'string', 'refund_key': 'string', 'order_key': 'string',
            'order_line_key': 'string', 'location_key': 'string', 'restock_type': 'string', 'currency_code': 'string',
            'quantity': 'bigint', 'is_restocked': 'boolean', 'subtotal_amount': money, 'tax_amount': money,
        },
        'fulfilments': {
            'source_system': 'string', 'fulfilment_key': 'string', 'order_key': 'string', 'location_key': 'string',
            'fulfilment_type': 'string', 'fulfilment_status': 'string', 'created_at': 'timestamp',
            'delivered_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'checkouts': {
            'source_system': 'string', 'checkout_key': 'string', 'checkout_id': 'string', 'record_key': 'string',
            'currency_code': 'string', 'total_amount': money, 'created_at': 'timestamp', 'completed_at': 'timestamp',
            'updated_at': 'timestamp',
        },
        'products': {
            'source_system': 'string', 'product_key': 'string', 'product_id': 'string', 'title': 'string',
            'product_type': 'string', 'brand_name': 'string', 'product_status': 'string', 'created_at': 'timestamp',
            'updated_at': 'timestamp',
        },
        'variants': {
            'source_system': 'string', 'variant_key': 'string', 'variant_id': 'string', 'product_key': 'string',
            'sku': 'string', 'title': 'string', 'barcode': 'string', 'inventory_item_id': 'string',
            'unit_price': rate, 'unit_cost': rate, 'created_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'locations': {
            'source_system': 'string', 'location_key': 'string', 'location_id': 'string', 'location_name': 'string',
            'location_type': 'string', 'city': 'string', 'region_code': 'string', 'country_code': 'string',
            'is_active': 'boolean',
        },
        'inventory_levels': {
            'source_system': 'string', 'inventory_level_key': 'string', 'variant_key': 'string', 'sku': 'string',
            'location_key': 'string', 'on_hand': 'bigint', 'available': 'bigint', 'committed': 'bigint',
            'reserved': 'bigint', 'damaged': 'bigint', 'quality_control': 'bigint', 'safety_stock': 'bigint',
            'incoming': 'bigint', 'updated_at': 'timestamp',
        },
        'inventory_movements': {
            'source_system': 'string', 'inventory_movement_key': 'string', 'variant_key': 'string', 'sku': 'string',
            'location_key': 'string', 'movement_type': 'string', 'from_state': 'string', 'to_state': 'string',
            'document_key': 'string', 'reason': 'string', 'quantity': 'bigint', 'counted_quantity': 'bigint',
            'occurred_at': 'timestamp', 'recorded_at': 'timestamp',
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
        'consents': {
            'source_system': 'string', 'consent_key': 'string', 'record_key': 'string', 'channel': 'string',
            'purpose': 'string', 'consent_status': 'string', 'evidence_id': 'string', 'policy_version': 'string',
            'changed_at': 'timestamp',
        },
        'suppressions': {
            'source_system': 'string', 'suppression_key': 'string', 'record_key': 'string', 'channel': 'string',
            'purpose': 'string', 'suppression_reason': 'string', 'suppressed_at': 'timestamp',
        },
    } -%}
    {%- if shape not in shapes -%}
        {{ exceptions.raise_compiler_error("There is no shape '" ~ shape ~ "'; known shapes: " ~ shapes.keys() | join(', ')) }}
    {%- endif -%}
    {{ return(shapes[shape]) }}
{% endmacro %}
