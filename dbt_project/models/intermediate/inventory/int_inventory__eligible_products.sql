-- Which SKU may be advertised in which channel and region: in the catalogue and not withdrawn, no gift card, in stock.
-- A store is for its own region; any other channel sends everywhere and has one row, without a region. A SKU is sold
-- out when no location there has any left to promise, and in stock again only from back_in_stock_quantity on, lest one
-- returned piece bring an audience back for an hour. All follows from the readings of stock, however often it is built.
{%- set in_stock %}coalesce(
        states.atp_quantity > 0
        and (states.last_sold_out_reading is null or states.last_well_stocked_reading > states.last_sold_out_reading),
        false
    ){%- endset %}
with promised as (

    select
        promised.*,
        case when promised.channel = 'store' then locations.region_code end as region_code
    from {{ ref('int_inventory__available_to_promise') }} as promised
    left join {{ ref('int_locations__locations') }} as locations on promised.location_key = locations.location_key

),

-- Where a channel sells at all, whether or not the SKU lies there.
channels as (

    select distinct
        rules.channel,
        promised.region_code,
        rules.back_in_stock_quantity
    from {{ ref('advertising_stock_rules') }} as rules
    left join promised on rules.channel = promised.channel and promised.allocation_percent > 0

),

changes as (

    select
        sku,
        channel,
        region_code,
        reading_number,
        atp_quantity - coalesce(lag(atp_quantity) over (
            partition by sku, channel, location_key order by reading_number asc nulls last
        ), 0) as atp_change
    from promised

),

running as (

    select
        sku,
        channel,
        region_code,
        reading_number,
        cast(sum(sum(atp_change)) over (
            partition by sku, channel, region_code order by reading_number asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as atp_quantity
    from changes
    group by sku, channel, region_code, reading_number

),

states as (

    select
        running.sku,
        running.channel,
        running.region_code,
        max_by(running.atp_quantity, running.reading_number) as atp_quantity,
        max(case when running.atp_quantity <= 0 then running.reading_number end) as last_sold_out_reading,
        max(
            case when running.atp_quantity >= rules.back_in_stock_quantity then running.reading_number end
        ) as last_well_stocked_reading
    from running
    inner join {{ ref('advertising_stock_rules') }} as rules on running.channel = rules.channel
    group by running.sku, running.channel, running.region_code

),

products as (

    select
        coalesce(variants.sku, variants.variant_key) as sku,
        bool_or(
            variants.is_catalogued and lower(variants.product_status) not in ('draft', 'archived', 'unlisted')
        ) as is_listed,
        bool_or(
            gift_card_lines.variant_key is not null
            or coalesce(lower(variants.product_type) in ('gift card', 'gift cards', 'giftcard'), false)
        ) as is_gift_card
    from {{ ref('int_products__variants') }} as variants
    left join {{ ref('int_orders__order_lines') }} as gift_card_lines
        on variants.variant_key = gift_card_lines.variant_key and gift_card_lines.is_gift_card
    group by coalesce(variants.sku, variants.variant_key)

),

eligible_products as (

    select
        products.sku,
        channels.channel,
        channels.region_code,
        coalesce(states.atp_quantity, 0) as atp_quantity,
        products.is_gift_card,
        products.is_listed,
        {{ in_stock }} as is_in_stock,
        products.is_listed and (products.is_gift_card or {{ in_stock }}) as is_sellable,
        products.is_listed and not products.is_gift_card and {{ in_stock }} as is_eligible
    from products
    cross join channels
    left join states
        on
            products.sku = states.sku
            and channels.channel = states.channel
            and coalesce(channels.region_code, '') = coalesce(states.region_code, '')
    where products.sku is not null

)

select * from eligible_products
