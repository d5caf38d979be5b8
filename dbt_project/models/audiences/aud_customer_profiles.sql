-- Every person who bought, with what those who serve them should see beside a ticket or on a customer's page. For
-- service that rests on the contract and goes to tools where the person is known already; the CRM, which makes contacts
-- and mails them, gets those who agreed. A loyalty account without points and none at all are told apart.
with customers as (

    select * from {{ ref('dim_customers') }}

),

customer_value as (

    select * from {{ ref('fct_customer_value') }}

),

candidates as (

    select
        customers.customer_id,
        customers.order_count,
        customers.first_order_date,
        customers.last_order_date,
        {{ sales_band('customers.net_sales_amount') }} as net_sales_band,
        customer_value.rfm_segment,
        customers.points_balance,
        customers.return_count,
        customers.open_ticket_count,
        customers.language_code
    from customers
    left join customer_value on customers.customer_id = customer_value.customer_id
    where customers.customer_type = 'person' and customers.order_count > 0

)

select * from {{ eligible_members('candidates') }}
