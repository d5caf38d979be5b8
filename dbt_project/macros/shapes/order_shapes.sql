{# Shapes of what was sold, paid, sent and taken back. See shape_columns(). #}
{% macro order_shapes() %}
    {%- set money = 'decimal(18,4)' -%}
    {%- set rate = 'decimal(18,6)' -%}
    {{ return({
        'orders': {
            'source_system': 'string', 'order_key': 'string', 'order_id': 'string', 'order_name': 'string',
            'record_key': 'string', 'channel': 'string', 'location_key': 'string', 'financial_status': 'string',
            'fulfilment_status': 'string', 'checkout_token': 'string', 'landing_page_url': 'string',
            'referrer_url': 'string', 'cancel_reason': 'string', 'currency_code': 'string',
            'presentment_currency_code': 'string', 'is_edited': 'boolean', 'is_test': 'boolean', 'is_tax_included': 'boolean',
            'exchange_rate': rate, 'gross_amount': money, 'discount_amount': money, 'tax_amount': money,
            'shipping_amount': money, 'tip_amount': money, 'gift_card_amount': money, 'total_amount': money,
            'original_total_amount': money, 'presentment_total_amount': money,
            'created_at': 'timestamp', 'processed_at': 'timestamp', 'paid_at': 'timestamp', 'fulfilled_at': 'timestamp',
            'cancelled_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'exchange_rates': {
            'source_system': 'string', 'currency_code': 'string', 'rate_date': 'date', 'rate': rate,
        },
        'order_lines': {
            'source_system': 'string', 'order_line_key': 'string', 'order_key': 'string', 'order_line_id': 'string',
            'variant_key': 'string', 'sku': 'string', 'product_title': 'string', 'currency_code': 'string',
            'line_number': 'bigint', 'quantity': 'bigint', 'current_quantity': 'bigint', 'is_gift_card': 'boolean',
            'unit_price': rate, 'gross_amount': money, 'discount_amount': money, 'tax_amount': money,
        },
        'order_adjustments': {
            'source_system': 'string', 'order_adjustment_key': 'string', 'order_key': 'string',
            'order_line_key': 'string', 'adjustment_type': 'string', 'discount_code': 'string', 'description': 'string', 'currency_code': 'string', 'amount': money,
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
            'order_line_key': 'string', 'location_key': 'string', 'restock_type': 'string',
            'return_reason': 'string', 'is_exchange': 'boolean', 'currency_code': 'string',
            'quantity': 'bigint', 'is_restocked': 'boolean', 'subtotal_amount': money, 'tax_amount': money,
        },
        'fulfilments': {
            'source_system': 'string', 'fulfilment_key': 'string', 'order_key': 'string', 'location_key': 'string',
            'fulfilment_type': 'string', 'fulfilment_status': 'string', 'quantity': 'bigint', 'created_at': 'timestamp',
            'delivered_at': 'timestamp', 'updated_at': 'timestamp',
        },
        'document_totals': {
            'source_system': 'string', 'document_key': 'string', 'order_key': 'string', 'document_type': 'string',
            'currency_code': 'string', 'subtotal_amount': money, 'total_amount': money, 'current_total_amount': money,
            'net_payment_amount': money, 'occurred_at': 'timestamp', 'created_at': 'timestamp',
        },
        'checkouts': {
            'source_system': 'string', 'checkout_key': 'string', 'checkout_id': 'string', 'record_key': 'string',
            'currency_code': 'string', 'total_amount': money, 'created_at': 'timestamp', 'completed_at': 'timestamp',
            'updated_at': 'timestamp',
        },
    }) }}
{% endmacro %}
