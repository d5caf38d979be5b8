with source as (

    select * from {{ source('shopify', 'order_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as order_line_id,
        order_id,
        variant_id,
        product_id,
        sku,
        title,
        vendor as brand_name,
        line_number,
        quantity,
        current_quantity,
        cast(original_unit_price as decimal(18, 6)) as original_unit_price,
        cast(discount_amount as decimal(18, 4)) as discount_amount,
        cast(tax_amount as decimal(18, 4)) as tax_amount,
        is_gift_card
    from latest

)

select * from renamed
