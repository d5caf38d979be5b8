with source as (

    select * from {{ source('amazon', 'inventory_summaries') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as inventory_summary_id,
        marketplace_id,
        seller_sku as sku,
        fn_sku,
        asin,
        product_name as product_title,
        condition as item_condition,
        coalesce(fulfillable_quantity, 0) as fulfillable_quantity,
        coalesce(inbound_working_quantity, 0) as inbound_working_quantity,
        coalesce(inbound_shipped_quantity, 0) as inbound_shipped_quantity,
        coalesce(inbound_receiving_quantity, 0) as inbound_receiving_quantity,
        coalesce(pending_customer_order_quantity, 0) as pending_customer_order_quantity,
        coalesce(total_reserved_quantity, 0) as total_reserved_quantity,
        coalesce(researching_quantity, 0) as researching_quantity,
        coalesce(unfulfillable_quantity, 0) as unfulfillable_quantity,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
