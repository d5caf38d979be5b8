-- What a till shows: the units in stock at its own location.
with shaped as (

    select
        'square' as source_system,
        'square:' || counts.variation_id || ':' || counts.location_id as listing_key,
        coalesce(variations.sku, 'square:' || counts.variation_id) as sku,
        'store' as channel,
        'square:' || counts.location_id as location_key,
        cast(floor(counts.quantity) as bigint) as listed_quantity,
        counts.calculated_at as listed_at
    from {{ ref('stg_square__inventory_counts') }} as counts
    inner join {{ ref('stg_square__catalog_variations') }} as variations
        on counts.variation_id = variations.variation_id
    where counts.inventory_state = 'IN_STOCK' and not coalesce(variations.is_deleted, false)

)

select * from shaped
