with source as (

    select * from {{ source('amazon', 'customer_returns') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['returned_at']) }} = 1

),

renamed as (

    select
        id as customer_return_id,
        order_id,
        seller_sku as sku,
        asin,
        fn_sku,
        fulfillment_center_id as fulfilment_center_id,
        detailed_disposition as disposition,
        reason as return_reason,
        status as return_status,
        license_plate_number,
        quantity,
        cast(returned_at as timestamp) as returned_at
    from latest

)

select * from renamed
