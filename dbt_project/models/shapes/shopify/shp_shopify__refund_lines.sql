with refund_lines as (

    select * from {{ ref('stg_shopify__refund_lines') }}

),

refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || refund_lines.refund_line_id as refund_line_key,
        'shopify:' || refund_lines.refund_id as refund_key,
        'shopify:' || refunds.order_id as order_key,
        'shopify:' || refund_lines.order_line_id as order_line_key,
        'shopify:' || refund_lines.location_id as location_key,
        lower(refund_lines.restock_type) as restock_type,
        refunds.currency_code,
        refund_lines.quantity,
        coalesce(refund_lines.is_restocked, false) as is_restocked,
        refund_lines.subtotal_amount,
        refund_lines.tax_amount
    from refund_lines
    inner join refunds on refund_lines.refund_id = refunds.refund_id

)

select * from shaped
