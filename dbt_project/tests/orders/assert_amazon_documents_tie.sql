-- Catches orders of Amazon that were never landed although their parcels were paid, and parcels booked twice: no order
-- has more money booked than it costs. (Money comes days late, so it may have less.)
with orders as (

    select * from {{ ref('stg_amazon__orders') }}

),

parcels as (

    select
        transactions.order_id,
        sum(lines.amount) as charged_amount,
        max(transactions.posted_at) as posted_at
    from {{ ref('stg_amazon__transactions') }} as transactions
    inner join {{ ref('stg_amazon__transaction_lines') }} as lines
        on transactions.transaction_id = lines.transaction_id
    where transactions.transaction_type = 'Shipment' and not {{ is_amazon_fee('lines.part') }}
    group by transactions.order_id

),

-- Orders are read from the start date on: of an older one only the money is there.
first_orders as (

    select min(created_at) as first_ordered_at from orders

)

select
    parcels.order_id,
    orders.total_amount,
    parcels.charged_amount
from parcels
cross join first_orders
left join orders on parcels.order_id = orders.order_id
where
    parcels.charged_amount > orders.total_amount
    or (
        orders.order_id is null
        and parcels.posted_at > {{ dbt.dateadd('day', 60, 'first_orders.first_ordered_at') }}
    )
