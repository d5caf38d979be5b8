with source as (

    select * from {{ source('shopify', 'draft_orders') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as draft_order_id,
        order_id,
        name as draft_order_name,
        status as draft_order_status,
        shipping_title,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at,
        cast(completed_at as timestamp) as completed_at,
        cast(reserve_inventory_until as timestamp) as reserved_until
    from latest

)

select * from renamed
