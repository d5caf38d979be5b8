-- A basket names a product once (checked), so basket and product are the line's key; lines are numbered by product id.
-- A line whose product the assortment lacks stays, with its product id.
-- Quantity is a meter reading for fuel and weighed goods and may be 0: then there is no price of one unit.
-- A table: several models read these lines, and numbering a million and a half anew for each is dear.
{{ config(materialized='table') }}

with transactions as (

    select * from {{ ref('stg_complete_journey__transactions') }}

),

lines as (

    select
        *,
        cast(retail_discount_amount + coupon_match_discount_amount as decimal(18, 4)) as shop_discount_amount,
        cast(
            sales_value_amount + retail_discount_amount + coupon_match_discount_amount as decimal(18, 4)
        ) as shelf_amount,
        row_number() over (partition by basket_id order by product_id asc nulls last) as line_number
    from transactions

),

order_lines as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || basket_id || '-' || product_id as order_line_key,
        'complete_journey:' || basket_id as order_key,
        basket_id || '-' || product_id as order_line_id,
        'complete_journey:' || product_id as variant_key,
        product_id as sku,
        cast(null as string) as product_title,
        'USD' as currency_code,
        cast(line_number as bigint) as line_number,
        quantity,
        quantity as current_quantity,
        false as is_gift_card,
        cast(shelf_amount / nullif(quantity, 0) as decimal(18, 6)) as unit_price,
        shelf_amount as gross_amount,
        shop_discount_amount as discount_amount,
        cast(0 as decimal(18, 4)) as tax_amount
    from lines

)

select * from order_lines
