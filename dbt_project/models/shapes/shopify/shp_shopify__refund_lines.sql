with refund_lines as (

    select * from {{ ref('stg_shopify__refund_lines') }}

),

refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

-- A line may go back for two reasons; the one of more units tells.
reasons as (

    select
        return_id,
        order_line_id,
        return_reason
    from {{ ref('stg_shopify__return_lines') }}
    where order_line_id is not null
    qualify row_number() over (
        partition by return_id, order_line_id
        order by quantity desc nulls last, return_reason asc nulls last, return_line_id asc nulls last
    ) = 1

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
        replace(reasons.return_reason, '-', '_') as return_reason,
        coalesce(refunds.exchange_line_count > 0, false) as is_exchange,
        coalesce(refunds.currency_code, orders.currency_code) as currency_code,
        refund_lines.quantity,
        coalesce(refund_lines.is_restocked, false) as is_restocked,
        refund_lines.subtotal_amount,
        refund_lines.tax_amount
    from refund_lines
    inner join refunds on refund_lines.refund_id = refunds.refund_id
    left join orders on refunds.order_id = orders.order_id
    left join reasons
        on refunds.return_id = reasons.return_id and refund_lines.order_line_id = reasons.order_line_id

)

select * from shaped
