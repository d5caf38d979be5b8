-- What each channel shows of a SKU; its variants are shown together.
with listings as (

    {{ union_shape('listings') }}

),

shown as (

    select
        sku,
        channel,
        location_key,
        cast(sum(listed_quantity) as bigint) as listed_quantity,
        max(listed_at) as listed_at
    from listings
    group by sku, channel, location_key

)

select * from shown
