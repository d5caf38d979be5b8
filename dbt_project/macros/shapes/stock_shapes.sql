{# Shapes of what is sold and where it lies. See shape_columns(). #}
{% macro stock_shapes() %}
    {%- set rate = 'decimal(18,6)' -%}
    {{ return({
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
        'deliveries': {
            'source_system': 'string', 'delivery_line_key': 'string', 'delivery_key': 'string', 'variant_key': 'string',
            'sku': 'string', 'origin': 'string', 'location_key': 'string', 'quantity': 'bigint',
            'accepted_quantity': 'bigint', 'ordered_at': 'timestamp', 'shipped_at': 'timestamp',
            'received_at': 'timestamp',
        },
        'reservations': {
            'source_system': 'string', 'reservation_key': 'string', 'document_key': 'string', 'variant_key': 'string',
            'sku': 'string', 'location_key': 'string', 'order_key': 'string', 'quantity': 'bigint',
            'placed_at': 'timestamp', 'expires_at': 'timestamp', 'released_at': 'timestamp',
            'converted_at': 'timestamp',
        },
        'listings': {
            'source_system': 'string', 'listing_key': 'string', 'sku': 'string', 'channel': 'string',
            'location_key': 'string', 'listed_quantity': 'bigint', 'listed_at': 'timestamp',
        },
        'inventory_movements': {
            'source_system': 'string', 'inventory_movement_key': 'string', 'variant_key': 'string', 'sku': 'string',
            'location_key': 'string', 'movement_type': 'string', 'from_state': 'string', 'to_state': 'string',
            'document_key': 'string', 'order_line_key': 'string', 'reason': 'string', 'quantity': 'bigint',
            'available_quantity': 'bigint', 'counted_quantity': 'bigint',
            'occurred_at': 'timestamp', 'recorded_at': 'timestamp',
        },
    }) }}
{% endmacro %}
