-- Which rules hold for a SKU at a location: the narrowest safety stock, and per channel the narrowest allocation. A
-- channel without a rule that fits gets nothing.
with stocked as (

    select distinct
        sku,
        location_key
    from {{ ref('int_inventory__pooled_stock') }}

),

product_types as (

    select
        coalesce(sku, variant_key) as sku,
        min(product_type) as product_type
    from {{ ref('int_products__variants') }}
    group by coalesce(sku, variant_key)

),

places as (

    select
        stocked.sku,
        stocked.location_key,
        product_types.product_type,
        locations.location_type
    from stocked
    left join product_types on stocked.sku = product_types.sku
    left join {{ ref('int_locations__locations') }} as locations on stocked.location_key = locations.location_key

),

safety_stock as (

    select
        places.sku,
        places.location_key,
        rules.rule_id,
        rules.safety_stock_quantity
    from places
    inner join {{ ref('safety_stock_rules') }} as rules on {{ stock_rule_fits('rules', 'places') }}
    qualify row_number() over (
        partition by places.sku, places.location_key
        order by {{ stock_rule_narrowness('rules') }} desc nulls last, rules.rule_id asc nulls last
    ) = 1

),

channels as (

    select distinct channel from {{ ref('channel_allocation_rules') }}

),

allocations as (

    select
        places.sku,
        places.location_key,
        rules.channel,
        rules.rule_id,
        rules.allocation_rank,
        rules.percent,
        rules.floor_quantity,
        rules.cap_quantity
    from places
    inner join {{ ref('channel_allocation_rules') }} as rules on {{ stock_rule_fits('rules', 'places') }}
    qualify row_number() over (
        partition by places.sku, places.location_key, rules.channel
        order by {{ stock_rule_narrowness('rules') }} desc nulls last, rules.rule_id asc nulls last
    ) = 1

),

stock_rules as (

    select
        places.sku,
        places.location_key,
        channels.channel,
        safety_stock.rule_id as safety_stock_rule_id,
        coalesce(safety_stock.safety_stock_quantity, 0) as safety_stock_quantity,
        allocations.rule_id as allocation_rule_id,
        row_number() over (
            partition by places.sku, places.location_key
            order by allocations.allocation_rank asc nulls last, channels.channel asc nulls last
        ) as allocation_order,
        coalesce(allocations.percent, 0) as allocation_percent,
        coalesce(allocations.floor_quantity, 0) as floor_quantity,
        allocations.cap_quantity
    from places
    cross join channels
    left join safety_stock on places.sku = safety_stock.sku and places.location_key = safety_stock.location_key
    left join allocations
        on
            places.sku = allocations.sku
            and places.location_key = allocations.location_key
            and channels.channel = allocations.channel

)

select * from stock_rules
