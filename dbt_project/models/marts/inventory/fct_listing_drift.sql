-- What a channel shows against what our rules let it promise.
with shown as (

    select * from {{ ref('int_inventory__listings') }}

),

promised as (

    select
        sku,
        channel,
        case when channel = 'store' then location_key end as location_key,
        cast(sum(atp_quantity) as bigint) as atp_quantity
    from {{ ref('fct_available_to_promise') }}
    where allocation_percent > 0
    group by sku, channel, case when channel = 'store' then location_key end

),

fct_listing_drift as (

    select
        {{ surrogate_key(['shown.sku', 'shown.channel', 'shown.location_key']) }} as listing_drift_key,
        shown.sku,
        shown.channel,
        shown.location_key,
        shown.listed_quantity,
        coalesce(promised.atp_quantity, 0) as atp_quantity,
        shown.listed_quantity - coalesce(promised.atp_quantity, 0) as drift_quantity,
        case
            when shown.listed_quantity > 0 and coalesce(promised.atp_quantity, 0) = 0 then 'shown_but_sold_out'
            when shown.listed_quantity <= 0 and promised.atp_quantity > 0 then 'hidden_but_in_stock'
            when shown.listed_quantity > 0 and shown.listed_quantity > promised.atp_quantity then 'shows_more'
            when shown.listed_quantity < promised.atp_quantity then 'shows_less'
            else 'none'
        end as drift_type,
        shown.listed_at
    from shown
    left join promised
        on
            shown.sku = promised.sku
            and shown.channel = promised.channel
            and coalesce(shown.location_key, '') = coalesce(promised.location_key, '')

)

select * from fct_listing_drift
