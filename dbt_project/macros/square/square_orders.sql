{# What Square's shapes must agree on, as a query over staging: the orders that are ours. They are the completed and the
   cancelled ones; an open check is none yet. A return is none either, as it counts against its sale; but one whose sale
   nobody knows stays as an order of nothing (is_return_only), so that its refund has an order, and so does a refund
   whose order was never read. A part of an order counts only if it is of the order's newest version. till_at is the
   till's own time of a sale made offline. #}
{% macro square_orders() %}
with orders as (

    select * from {{ ref('stg_square__orders') }}
    where order_state in ('COMPLETED', 'CANCELED')

),

payments as (

    select
        order_id,
        max(customer_id) as customer_id,
        min(case when is_offline_payment then client_created_at end) as till_at,
        min(case when payment_status = 'COMPLETED' then coalesce(client_created_at, created_at) end) as paid_at
    from {{ ref('stg_square__payments') }}
    where payment_status <> 'FAILED'
    group by order_id

),

lines as (

    select distinct
        order_id,
        order_updated_at
    from {{ ref('stg_square__order_lines') }}

),

returns as (

    select
        order_returns.order_id,
        order_returns.order_updated_at,
        bool_or(sales.order_id is null) as has_unknown_sale
    from {{ ref('stg_square__order_returns') }} as order_returns
    left join orders as sales on order_returns.source_order_id = sales.order_id
    group by order_returns.order_id, order_returns.order_updated_at

),

documents as (

    select
        orders.order_id,
        coalesce(orders.customer_id, payments.customer_id) as customer_id,
        orders.location_id,
        orders.order_state,
        orders.currency_code,
        orders.total_amount,
        orders.tax_amount,
        orders.discount_amount,
        orders.tip_amount,
        orders.service_charge_amount,
        orders.rounding_amount,
        lines.order_id is null and returns.order_id is not null as is_return_only,
        orders.created_at,
        coalesce(payments.till_at, orders.created_at) as till_at,
        payments.paid_at,
        orders.closed_at,
        orders.updated_at
    from orders
    left join payments on orders.order_id = payments.order_id
    left join lines on orders.order_id = lines.order_id and orders.updated_at = lines.order_updated_at
    left join returns on orders.order_id = returns.order_id and orders.updated_at = returns.order_updated_at
    where lines.order_id is not null or returns.order_id is null or returns.has_unknown_sale

    union all

    select
        refunds.refunded_order_id as order_id,
        cast(null as string) as customer_id,
        refunds.location_id,
        'COMPLETED' as order_state,
        refunds.currency_code,
        {%- for part in ['total', 'tax', 'discount', 'tip', 'service_charge', 'rounding'] %}
        cast(0 as decimal(18, 4)) as {{ part }}_amount,
        {%- endfor %}
        true as is_return_only,
        refunds.created_at,
        refunds.created_at as till_at,
        cast(null as timestamp) as paid_at,
        refunds.created_at as closed_at,
        refunds.updated_at
    from ({{ square_bare_refunds() }}) as refunds
    where not refunds.is_order_known

)

select
    *,
    coalesce(customer_id, 'order-' || order_id) as source_record_id
from documents
{% endmacro %}
