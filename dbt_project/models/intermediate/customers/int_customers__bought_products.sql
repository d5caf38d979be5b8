-- What was bought together: the products of every counted order, each once, whoever bought them. Gift cards are money.
with orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test and not is_cancelled and not is_return

),

lines as (

    select
        order_lines.order_key,
        coalesce(variants.sku, variants.variant_key) as sku
    from {{ ref('int_orders__order_lines') }} as order_lines
    inner join {{ ref('int_products__variants') }} as variants on order_lines.variant_key = variants.variant_key
    where not order_lines.is_gift_card and order_lines.quantity > 0

),

bought_products as (

    select distinct
        orders.order_key,
        record_customers.customer_id,
        product_groups.product_key
    from lines
    inner join orders on lines.order_key = orders.order_key
    inner join {{ ref('int_customers__product_groups') }} as product_groups on lines.sku = product_groups.sku
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key

)

select * from bought_products
