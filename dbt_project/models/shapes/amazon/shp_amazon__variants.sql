-- What the shop sells on Amazon, by its own SKU: that is what ties it to the shop's catalogue. Amazon's number (ASIN)
-- is of one size and colour; which of them are one product it does not tell, so that is the shop's catalogue's to say.
with inventory_summaries as (

    select * from {{ ref('stg_amazon__inventory_summaries') }}

),

order_items as (

    select * from {{ ref('stg_amazon__order_items') }}

),

named as (

    select
        sku,
        product_title
    from inventory_summaries
    union all
    select
        sku,
        product_title
    from order_items

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || sku as variant_key,
        sku as variant_id,
        cast(null as string) as product_key,
        sku,
        max(product_title) as title,
        cast(null as string) as barcode,
        cast(null as string) as inventory_item_id,
        cast(null as decimal(18, 6)) as unit_price,
        cast(null as decimal(18, 6)) as unit_cost,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at
    from named
    where sku is not null
    group by sku

)

select * from shaped
