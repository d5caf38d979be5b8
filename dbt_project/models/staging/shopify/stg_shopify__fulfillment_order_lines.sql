with source as (

    select * from {{ source('shopify', 'fulfillment_order_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as fulfilment_order_line_id,
        fulfillment_order_id as fulfilment_order_id,
        order_line_id,
        total_quantity,
        remaining_quantity
    from latest

)

select * from renamed
