-- A SKU that went on selling could still be bought (sold beyond its stock): then nothing was lost.
with stockouts as (

    select * from {{ ref('int_inventory__stockouts') }}

),

prices as (

    select
        coalesce(sku, variant_key) as sku,
        min(unit_price) as unit_price
    from {{ ref('int_products__variants') }}
    group by coalesce(sku, variant_key)

),

estimated as (

    select
        stockouts.*,
        prices.unit_price,
        cast(
            case
                when stockouts.sold_quantity > 0 then 0
                else stockouts.daily_demand * stockouts.out_of_stock_seconds / 86400.0
            end as decimal(18, 4)
        ) as lost_sales_quantity
    from stockouts
    left join prices on stockouts.sku = prices.sku

),

fct_stockouts as (

    select
        {{ surrogate_key(['sku', 'channel', 'selling_location_key', 'started_at']) }} as stockout_key,
        sku,
        channel,
        selling_location_key as location_key,
        ended_at is null as is_open,
        sold_quantity,
        daily_demand,
        cast(out_of_stock_seconds / 86400.0 as decimal(18, 4)) as out_of_stock_days,
        lost_sales_quantity,
        unit_price,
        cast(lost_sales_quantity * unit_price as decimal(18, 4)) as lost_sales_amount,
        '{{ reporting_currency() }}' as currency_code,
        started_at,
        ended_at
    from estimated

)

select * from fct_stockouts
