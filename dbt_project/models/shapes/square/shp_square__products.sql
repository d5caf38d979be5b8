with items as (

    select * from {{ ref('stg_square__catalog_items') }}

),

shaped as (

    select
        'square' as source_system,
        'square:' || item_id as product_key,
        item_id as product_id,
        item_name as title,
        cast(null as string) as product_type,
        cast(null as string) as brand_name,
        case when coalesce(is_deleted, false) or coalesce(is_archived, false) then 'archived' else 'active' end
            as product_status,
        created_at,
        updated_at
    from items

)

select * from shaped
