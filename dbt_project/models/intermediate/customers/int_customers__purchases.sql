-- Days on which a person bought. Two orders of one business day are one decision to buy, so they are one purchase, as
-- the models of customer value count. Households are no persons, so they are left out; and so are orders of a
-- marketplace that hides its buyers: whoever placed one can't be seen to come back.
with orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test and not is_cancelled and not is_return

),

persons as (

    select
        record_customers.record_key,
        record_customers.customer_id
    from {{ ref('int_identity__record_customers') }} as record_customers
    inner join {{ ref('int_identity__customers') }} as customers
        on record_customers.customer_id = customers.customer_id
    inner join {{ ref('int_identity__records') }} as records
        on record_customers.record_key = records.record_key
    where customers.customer_type = 'person' and records.record_type <> 'marketplace_order'

),

watermark as (

    select {{ to_reporting_date('as_of') }} as as_of_date
    from {{ ref('int_as_of') }}

),

purchases as (

    select
        persons.customer_id,
        orders.order_date as purchase_date,
        count(*) as order_count,
        cast(sum(orders.net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from orders
    inner join persons on orders.record_key = persons.record_key
    cross join watermark
    where orders.order_date <= watermark.as_of_date
    group by persons.customer_id, orders.order_date

)

select * from purchases
