with source as (

    select * from {{ source('shopify', 'refund_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as refund_line_id,
        refund_id,
        order_line_id,
        location_id,
        restock_type,
        quantity,
        cast(subtotal_amount as decimal(18, 4)) as subtotal_amount,
        cast(tax_amount as decimal(18, 4)) as tax_amount,
        is_restocked
    from latest

)

select * from renamed
