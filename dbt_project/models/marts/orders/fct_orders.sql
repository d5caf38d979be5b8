-- Test and cancelled orders are here, marked: sums of net sales need is_test = false; cancelled ones have none. So are
-- returns whose sale nobody knows: their net sales are negative, and they are no order of anybody.
with orders as (

    select * from {{ ref('int_orders__orders') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

owned as (

    select
        orders.*,
        record_customers.customer_id,
        not orders.is_test and not orders.is_cancelled and not orders.is_return as is_counted
    from orders
    left join record_customers on orders.record_key = record_customers.record_key

),

numbered as (

    select
        *,
        case
            when is_counted and customer_id is not null
                then row_number() over (
                    partition by customer_id, is_counted
                    order by ordered_at asc nulls last, order_key asc nulls last
                )
        end as customer_order_number
    from owned

),

fct_orders as (

    select
        order_key,
        source_system,
        order_id,
        order_name,
        customer_id,
        channel,
        location_key,
        order_status,
        financial_status,
        fulfilment_status,
        order_currency_code,
        currency_code,
        exchange_rate,
        line_count,
        quantity,
        cast(customer_order_number as bigint) as customer_order_number,
        gross_amount,
        discount_amount,
        refunded_line_amount,
        removed_amount,
        cancelled_amount,
        net_sales_amount,
        tax_amount,
        shipping_amount,
        tip_amount,
        service_charge_amount,
        gift_card_amount,
        total_amount,
        refunded_amount,
        is_test,
        is_cancelled,
        is_return,
        coalesce(customer_order_number = 1, false) as is_first_order,
        customer_order_number = 1 as is_new_customer,
        ordered_at,
        created_at,
        paid_at,
        fulfilled_at,
        cancelled_at,
        updated_at,
        order_date
    from numbered

)

select * from fct_orders
