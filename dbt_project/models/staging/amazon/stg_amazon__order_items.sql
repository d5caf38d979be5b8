with source as (

    select * from {{ source('amazon', 'order_items') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['order_updated_at']) }} = 1

),

renamed as (

    select
        id as order_line_id,
        order_id,
        asin,
        seller_sku as sku,
        title as product_title,
        cancelled_by,
        currency as currency_code,
        line_number,
        quantity_ordered as quantity,
        quantity_fulfilled as fulfilled_quantity,
        cast(unit_price as decimal(18, 6)) as unit_price,
        cast(coalesce(item_amount, 0) as decimal(18, 4)) as item_amount,
        cast(coalesce(shipping_amount, 0) as decimal(18, 4)) as shipping_amount,
        cast(abs(coalesce(discount_amount, 0)) as decimal(18, 4)) as discount_amount,
        cast(coalesce(tax_amount, 0) as decimal(18, 4)) as tax_amount,
        cast(coalesce(tip_amount, 0) as decimal(18, 4)) as tip_amount,
        cast(coalesce(other_amount, 0) as decimal(18, 4)) as other_amount,
        cast(coalesce(total_amount, 0) as decimal(18, 4)) as total_amount,
        cast(order_updated_at as timestamp) as order_updated_at
    from latest

)

select * from renamed
