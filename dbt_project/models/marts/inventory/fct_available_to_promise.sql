with promised as (

    select * from {{ ref('int_inventory__available_to_promise') }}

),

bands as (

    select * from {{ ref('availability_bands') }}

),

latest as (

    select *
    from promised
    qualify row_number() over (partition by sku, location_key, channel order by reading_number desc nulls last) = 1

),

fct_available_to_promise as (

    select
        {{ surrogate_key(['latest.sku', 'latest.location_key', 'latest.channel']) }} as available_to_promise_key,
        latest.sku,
        latest.location_key,
        latest.channel,
        latest.atp_quantity,
        case
            when latest.atp_quantity <= 0 then 'none'
            when latest.atp_quantity >= bands.high_from then 'high'
            when latest.atp_quantity >= bands.medium_from then 'medium'
            when bands.channel is not null then 'low'
        end as availability_band,
        latest.pooled_quantity,
        latest.available_quantity,
        latest.vendor_safety_stock_quantity,
        latest.safety_stock_quantity,
        latest.safety_stock_rule_id,
        latest.allocation_rule_id,
        cast(latest.allocation_order as bigint) as allocation_order,
        latest.allocation_percent,
        latest.floor_quantity,
        latest.cap_quantity,
        latest.as_of
    from latest
    left join bands on latest.channel = bands.channel

)

select * from fct_available_to_promise
