with source as (

    select * from {{ source('square', 'catalog_items') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as item_id,
        name as item_name,
        category_id,
        product_type,
        is_archived,
        is_deleted,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
