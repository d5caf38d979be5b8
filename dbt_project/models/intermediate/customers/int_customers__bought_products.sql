-- What was bought together: the products of every counted order, each once, whoever bought them. Gift cards are money.
-- Orders and products go by numbers here: pairs of them are many, and numbers are quicker to pair than keys.
with orders as (

    select
        orders.order_key,
        orders.order_date,
        record_customers.customer_id,
        row_number() over (order by orders.order_key asc nulls last) as order_number
    from {{ ref('int_orders__orders') }} as orders
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where not orders.is_test and not orders.is_cancelled and not orders.is_return

),

variants as (

    select
        variants.variant_key,
        product_groups.product_number
    from {{ ref('int_products__variants') }} as variants
    inner join {{ ref('int_customers__product_groups') }} as product_groups
        on coalesce(variants.sku, variants.variant_key) = product_groups.sku

),

lines as (

    select
        order_lines.order_key,
        variants.product_number
    from {{ ref('int_orders__order_lines') }} as order_lines
    inner join variants on order_lines.variant_key = variants.variant_key
    where not order_lines.is_gift_card and order_lines.quantity > 0

),

bought_products as (

    select
        orders.order_number,
        lines.product_number,
        min(orders.order_date) as order_date,
        min(orders.customer_id) as customer_id
    from lines
    inner join orders on lines.order_key = orders.order_key
    group by orders.order_number, lines.product_number

)

select * from bought_products
