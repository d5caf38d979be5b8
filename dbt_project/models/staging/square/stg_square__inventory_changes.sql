with source as (

    select * from {{ source('square', 'inventory_changes') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['created_at']) }} = 1

),

renamed as (

    select
        id as inventory_change_id,
        type as change_type,
        catalog_object_id as variation_id,
        location_id,
        state as inventory_state,
        from_state,
        to_state,
        reason_id,
        transaction_id,
        refund_id,
        purchase_order_id,
        reference_id,
        cast(quantity as decimal(18, 5)) as quantity,
        cast(occurred_at as timestamp) as occurred_at,
        cast(created_at as timestamp) as created_at
    from latest

)

select * from renamed
