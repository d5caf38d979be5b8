-- Every person who bought, with what those who serve them should see beside a ticket or on a customer's page. Nobody is
-- advertised to by it: it rests on the contract (purpose service) and goes to tools where the person is known already.
-- A loyalty account without points and none at all are told apart; a figure is never to the cent.
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
