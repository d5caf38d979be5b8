-- What draft orders keep for somebody. Shopify names no location in a draft; a pickup's shipping line is called by the
-- location where the goods wait. Where no one location bears that name the place stays unknown.
with locations as (

    select
        location_name,
        min(location_id) as location_id
    from {{ ref('stg_shopify__locations') }}
    group by location_name
    having count(*) = 1

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || lines.draft_order_line_id as reservation_key,
        'shopify:draft-' || drafts.draft_order_id as document_key,
        'shopify:' || lines.variant_id as variant_key,
        lines.sku,
        'shopify:' || locations.location_id as location_key,
        'shopify:' || drafts.order_id as order_key,
        lines.quantity,
        drafts.created_at as placed_at,
        drafts.reserved_until as expires_at,
        cast(null as timestamp) as released_at,
        drafts.completed_at as converted_at
    from {{ ref('stg_shopify__draft_order_lines') }} as lines
    inner join {{ ref('stg_shopify__draft_orders') }} as drafts on lines.draft_order_id = drafts.draft_order_id
    left join locations on drafts.shipping_title = locations.location_name
    where drafts.reserved_until is not null

)

select * from shaped
