-- Stock by SKU, at one location or ($location_key null) at all together; vendors share the SKU.
with products as (

    select
        sku,
        min(product_title) as product_title,
        min(variant_title) as variant_title
    from dim_products
    group by sku

),

levels as (

    select
        sku,
        sum(on_hand_quantity) as on_hand_quantity,
        sum(available_quantity) as available_quantity,
        sum(incoming_quantity) as incoming_quantity,
        count(distinct location_key) as location_count
    from fct_inventory_levels
    where location_key = $location_key or cast($location_key as varchar) is null
    group by sku

)

select
    levels.*,
    products.product_title,
    products.variant_title
from levels
left join products on levels.sku = products.sku
order by levels.sku asc
