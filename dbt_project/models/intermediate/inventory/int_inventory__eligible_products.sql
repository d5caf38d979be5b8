-- Which SKU may be advertised in which channel: in the catalogue and not withdrawn, no gift card, and in stock. A SKU
-- is sold out when no location has any of it left to promise, and in stock again only from back_in_stock_quantity on,
-- so that one returned piece does not bring an audience back for an hour. The state follows from the readings of
-- stock alone: building more often changes nothing.
{%- set in_stock %}coalesce(
        states.atp_quantity > 0
        and (states.last_sold_out_reading is null or states.last_well_stocked_reading > states.last_sold_out_reading),
        false
    ){%- endset %}
with promised as (

    select * from {{ ref('int_inventory__available_to_promise') }}

),

changes as (

    select
        sku,
        channel,
        reading_number,
        atp_quantity - coalesce(lag(atp_quantity) over (
            partition by sku, channel, location_key order by reading_number asc nulls last
        ), 0) as atp_change
    from promised

),

readings as (

    select
        sku,
        channel,
        reading_number,
        sum(atp_change) as atp_change
    from changes
    group by sku, channel, reading_number

),

running as (

    select
        sku,
        channel,
        reading_number,
        cast(sum(atp_change) over (
            partition by sku, channel order by reading_number asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as atp_quantity
    from readings

),

states as (

    select
        running.sku,
        running.channel,
        max_by(running.atp_quantity, running.reading_number) as atp_quantity,
        max(case when running.atp_quantity <= 0 then running.reading_number end) as last_sold_out_reading,
        max(
            case when running.atp_quantity >= rules.back_in_stock_quantity then running.reading_number end
        ) as last_well_stocked_reading
    from running
    inner join {{ ref('advertising_stock_rules') }} as rules on running.channel = rules.channel
    group by running.sku, running.channel

),

gift_card_variants as (

    select distinct variant_key
    from {{ ref('int_orders__order_lines') }}
    where is_gift_card

),

products as (

    select
        coalesce(variants.sku, variants.variant_key) as sku,
        bool_or(
            variants.is_catalogued and lower(variants.product_status) not in ('draft', 'archived', 'unlisted')
        ) as is_listed,
        bool_or(
            gift_card_variants.variant_key is not null
            or coalesce(lower(variants.product_type) in ('gift card', 'gift cards', 'giftcard'), false)
        ) as is_gift_card
    from {{ ref('int_products__variants') }} as variants
    left join gift_card_variants on variants.variant_key = gift_card_variants.variant_key
    group by coalesce(variants.sku, variants.variant_key)

),

eligible_products as (

    select
        products.sku,
        channels.channel,
        coalesce(states.atp_quantity, 0) as atp_quantity,
        products.is_gift_card,
        products.is_listed,
        {{ in_stock }} as is_in_stock,
        products.is_listed and (products.is_gift_card or {{ in_stock }}) as is_sellable,
        products.is_listed and not products.is_gift_card and {{ in_stock }} as is_eligible
    from products
    cross join {{ ref('advertising_stock_rules') }} as channels
    left join states on products.sku = states.sku and channels.channel = states.channel
    where products.sku is not null

)

select * from eligible_products
