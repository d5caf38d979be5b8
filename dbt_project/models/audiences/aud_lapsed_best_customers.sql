-- Persons of the best share of buyers, by all they bought or by what an order of theirs is worth on average, whose last
-- order lies so many days before the newest data. The average counts beside the sum because whoever stopped buying had
-- less time to add sales up than those who go on. A sale to nobody known is no buyer: it would make the others look
-- better. Both numbers: vars lapsed_best_customers.
{%- set rule = var('lapsed_best_customers') %}
with customers as (

    select * from {{ ref('dim_customers') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

buyers as (

    select
        customer_id,
        order_count,
        last_order_date,
        net_sales_amount,
        cast({{ safe_divide('net_sales_amount', 'order_count') }} as decimal(18, 4)) as average_order_amount
    from customers
    where
        customer_type = 'person'
        and order_count > 0
        and net_sales_amount > 0
        and (has_email or has_phone)

),

ranked as (

    select
        *,
        count(*) over () as buyer_count,
        row_number() over (order by net_sales_amount desc nulls last, customer_id asc nulls last) as net_sales_place,
        row_number() over (order by average_order_amount desc nulls last, customer_id asc nulls last) as average_place
    from buyers

),

candidates as (

    select
        ranked.customer_id,
        ranked.last_order_date,
        ranked.order_count,
        {{ sales_band('ranked.net_sales_amount') }} as net_sales_band
    from ranked
    cross join as_of
    where
        least(ranked.net_sales_place, ranked.average_place) <= ranked.buyer_count * {{ rule.best_share }}
        and ranked.last_order_date
        <= {{ dbt.dateadd('day', '-' ~ rule.lapsed_days, to_reporting_date('as_of.as_of')) }}

)

select * from {{ eligible_members('candidates') }}
