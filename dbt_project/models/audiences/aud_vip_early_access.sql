-- The twentieth of buyers with the highest net sales who also bought within half a year: they see what is new a day
-- before others do. People only: a household's card or a walk-in is nobody who can be invited.
with buyers as (

    select
        *,
        count(*) over () as buyer_count,
        row_number() over (order by net_sales_amount desc nulls last, customer_id asc nulls last) as net_sales_place
    from {{ ref('fct_customer_value') }}
    where customer_type = 'person' and net_sales_amount > 0

),

candidates as (

    select
        customer_id,
        rfm_segment,
        order_count
    from buyers
    where net_sales_place <= buyer_count * 0.05 and recency_days <= 182

)

select * from {{ eligible_members('candidates') }}
