-- Which SKU is a variant of which product, over all channels: a shirt bought in the store is the shirt of the web site,
-- whatever size. Channels know each other's variants by SKU only, so a product goes by the smallest key of the products
-- that share a SKU with it. What no catalogue groups is a product of its own.
with variants as (

    select
        coalesce(sku, variant_key) as sku,
        product_key,
        product_title
    from {{ ref('int_products__variants') }}

),

of_sku as (

    select
        sku,
        coalesce(min(product_key), sku) as first_product_key,
        min(product_title) as product_title
    from variants
    group by sku

),

of_product as (

    select
        variants.product_key,
        min(of_sku.first_product_key) as group_product_key
    from variants
    inner join of_sku on variants.sku = of_sku.sku
    where variants.product_key is not null
    group by variants.product_key

),

product_groups as (

    select
        of_sku.sku,
        coalesce(of_product.group_product_key, of_sku.first_product_key) as product_key,
        of_sku.product_title
    from of_sku
    left join of_product on of_sku.first_product_key = of_product.product_key

),

numbered as (

    select
        *,
        dense_rank() over (order by product_key asc nulls last) as product_number
    from product_groups

)

select * from numbered
