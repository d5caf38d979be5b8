-- On hand is what stands in the store: what may be sold, what is put aside for a sale, and what came back and is not
-- sellable yet. Sold, wasted and untracked goods are gone. Parts of units are cut off.
with counts as (

    select * from {{ ref('stg_square__inventory_counts') }}

),

variations as (

    select * from {{ ref('stg_square__catalog_variations') }}

),

levels as (

    select
        variation_id,
        location_id,
        {%- for column, states in [
            ('available', "'IN_STOCK'"),
            ('committed', "'RESERVED_FOR_SALE'"),
            ('quality_control', "'RETURNED_BY_CUSTOMER'"),
            ('incoming', "'ORDERED_FROM_VENDOR', 'IN_TRANSIT', 'IN_TRANSIT_TO'"),
        ] %}
            cast(sum(case when inventory_state in ({{ states }}) then floor(quantity) else 0 end) as bigint)
                as {{ column }},
        {%- endfor %}
        max(calculated_at) as updated_at
    from counts
    group by variation_id, location_id

),

shaped as (

    select
        'square' as source_system,
        'square:' || levels.variation_id || ':' || levels.location_id as inventory_level_key,
        'square:' || levels.variation_id as variant_key,
        variations.sku,
        'square:' || levels.location_id as location_key,
        levels.available + levels.committed + levels.quality_control as on_hand,
        levels.available,
        levels.committed,
        cast(0 as bigint) as reserved,
        cast(0 as bigint) as damaged,
        levels.quality_control,
        cast(0 as bigint) as safety_stock,
        levels.incoming,
        levels.updated_at
    from levels
    left join variations on levels.variation_id = variations.variation_id

)

select * from shaped
