with promised as (

    select * from {{ ref('int_inventory__available_to_promise') }}

),

latest as (

    select *
    from promised
    qualify row_number() over (partition by sku, location_key, channel order by reading_number desc nulls last) = 1

),

fct_available_to_promise as (

    select
        {{ surrogate_key(['sku', 'location_key', 'channel']) }} as available_to_promise_key,
        sku,
        location_key,
        channel,
        atp_quantity,
        pooled_quantity,
        available_quantity,
        vendor_safety_stock_quantity,
        safety_stock_quantity,
        safety_stock_rule_id,
        allocation_rule_id,
        cast(allocation_order as bigint) as allocation_order,
        allocation_percent,
        floor_quantity,
        cap_quantity,
        as_of
    from latest

)

select * from fct_available_to_promise
