with channels as (

    select * from {{ ref('int_customers__channels') }}

),

bridge as (

    select
        {{ surrogate_key(['customer_id', 'channel']) }} as customer_channel_key,
        customer_id,
        channel,
        cast(contact_count as bigint) as contact_count,
        cast(order_count as bigint) as order_count,
        cast(device_count as bigint) as device_count,
        is_preferred,
        first_seen_at,
        last_seen_at
    from channels

)

select * from bridge
