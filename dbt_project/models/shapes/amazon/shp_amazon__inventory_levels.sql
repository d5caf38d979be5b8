-- On hand is what lies in Amazon's houses: for sale, put aside for orders, moved between houses, looked for, broken.
-- What is on its way is outside of it. One SKU may be kept in several conditions.
with inventory_summaries as (

    select * from {{ ref('stg_amazon__inventory_summaries') }}

),

levels as (

    select
        marketplace_id,
        sku,
        {%- for state, quantity in [
            ('available', 'fulfillable_quantity'),
            ('committed', 'pending_customer_order_quantity'),
            ('reserved', 'total_reserved_quantity - pending_customer_order_quantity'),
            ('damaged', 'unfulfillable_quantity'),
            ('quality_control', 'researching_quantity'),
            ('incoming', 'inbound_working_quantity + inbound_shipped_quantity + inbound_receiving_quantity'),
        ] %}
            cast(sum({{ quantity }}) as bigint) as {{ state }},
        {%- endfor %}
        max(updated_at) as updated_at
    from inventory_summaries
    where sku is not null
    group by marketplace_id, sku

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || sku || ':' || marketplace_id as inventory_level_key,
        'amazon:' || sku as variant_key,
        sku,
        {{ amazon_location_key('marketplace_id') }} as location_key,
        available + committed + reserved + damaged + quality_control as on_hand,
        available,
        committed,
        reserved,
        damaged,
        quality_control,
        cast(0 as bigint) as safety_stock,
        incoming,
        updated_at
    from levels

)

select * from shaped
