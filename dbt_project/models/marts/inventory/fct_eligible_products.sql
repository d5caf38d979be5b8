with products as (

    select * from {{ ref('int_inventory__eligible_products') }}

),

rules as (

    select * from {{ ref('advertising_stock_rules') }}

),

fct_eligible_products as (

    select
        {{ surrogate_key(['products.sku', 'products.channel', 'products.region_code']) }} as eligible_product_key,
        products.sku,
        products.channel,
        products.region_code,
        case
            when products.is_in_stock then 'in_stock'
            when products.atp_quantity > 0 then 'coming_back'
            else 'sold_out'
        end as stock_status,
        products.atp_quantity,
        cast(rules.back_in_stock_quantity as bigint) as back_in_stock_quantity,
        products.is_listed,
        products.is_gift_card,
        products.is_in_stock,
        products.is_sellable,
        products.is_eligible
    from products
    inner join rules on products.channel = rules.channel

)

select * from fct_eligible_products
