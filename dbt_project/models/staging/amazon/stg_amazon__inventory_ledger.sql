with source as (

    select * from {{ source('amazon', 'inventory_ledger') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['happened_at']) }} = 1

),

renamed as (

    select
        id as ledger_entry_id,
        seller_sku as sku,
        asin,
        fn_sku,
        event_type,
        reference_id,
        fulfillment_center_id as fulfilment_center_id,
        disposition,
        reason,
        country_code,
        quantity,
        cast(happened_at as timestamp) as happened_at
    from latest

)

select * from renamed
