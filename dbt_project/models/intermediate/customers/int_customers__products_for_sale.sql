-- What may be sold now, by product: one of its variants may be, in some channel.
with product_groups as (

    select * from {{ ref('int_customers__product_groups') }}

),

eligible_products as (

    select
        sku,
        channel
    from {{ ref('int_inventory__eligible_products') }}
    where is_eligible

),

products_for_sale as (

    select
        product_groups.product_key,
        product_groups.product_number,
        count(eligible_products.sku) > 0 as is_eligible,
        coalesce(bool_or(eligible_products.channel = 'online'), false) as is_eligible_online,
        coalesce(bool_or(eligible_products.channel = 'store'), false) as is_eligible_in_store
    from product_groups
    left join eligible_products on product_groups.sku = eligible_products.sku
    group by product_groups.product_key, product_groups.product_number

)

select * from products_for_sale
