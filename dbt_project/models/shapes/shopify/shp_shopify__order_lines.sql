-- A deleted variant leaves no variant_id on the line: then its SKU, kept there, names it (int_orders__order_lines).
with order_lines as (

    select * from {{ ref('stg_shopify__order_lines') }}

),

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || order_lines.order_line_id as order_line_key,
        'shopify:' || order_lines.order_id as order_key,
        order_lines.order_line_id,
        'shopify:' || order_lines.variant_id as variant_key,
        order_lines.sku,
        order_lines.title as product_title,
        orders.currency_code,
        order_lines.line_number,
        order_lines.quantity,
        order_lines.current_quantity,
        coalesce(order_lines.is_gift_card, false) as is_gift_card,
        order_lines.original_unit_price as unit_price,
        cast(order_lines.quantity * order_lines.original_unit_price as decimal(18, 4)) as gross_amount,
        coalesce(order_lines.discount_amount, cast(0 as decimal(18, 4))) as discount_amount,
        order_lines.tax_amount
    from order_lines
    left join orders on order_lines.order_id = orders.order_id

)

select * from shaped
