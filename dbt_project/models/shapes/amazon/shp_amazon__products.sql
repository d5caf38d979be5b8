-- A product of Amazon's catalogue, by its own number (ASIN): those that the shop has sold or has stock of.
with inventory_summaries as (

    select * from {{ ref('stg_amazon__inventory_summaries') }}

),

order_items as (

    select * from {{ ref('stg_amazon__order_items') }}

),

named as (

    select
        asin,
        product_title
    from inventory_summaries
    union all
    select
        asin,
        product_title
    from order_items

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || asin as product_key,
        asin as product_id,
        max(product_title) as title,
        cast(null as string) as product_type,
        cast(null as string) as brand_name,
        'active' as product_status,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at
    from named
    where asin is not null
    group by asin

)

select * from shaped
