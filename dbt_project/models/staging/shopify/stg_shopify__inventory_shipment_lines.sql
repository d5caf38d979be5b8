with source as (

    select * from {{ source('shopify', 'inventory_shipment_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as shipment_line_id,
        shipment_id,
        transfer_id,
        inventory_item_id,
        quantity,
        accepted_quantity,
        rejected_quantity
    from latest

)

select * from renamed
