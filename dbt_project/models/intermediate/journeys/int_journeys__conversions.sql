-- An order worth nothing after its refunds is still a conversion: its credit sums to 1, its money to 0.
with orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test and not is_cancelled and not is_return

),

conversions as (

    select
        orders.order_key as conversion_id,
        case when orders.channel = 'store' then 'store_order' else 'order' end as conversion_type,
        orders.source_system,
        record_customers.customer_id,
        orders.currency_code,
        orders.net_sales_amount as conversion_value_amount,
        orders.ordered_at as converted_at
    from orders
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key

)

select * from conversions
