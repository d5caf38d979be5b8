-- Of those who bought twice or more, the tenth whose return within a year is least likely (fct_customer_value: 1 minus
-- the chance of an order in 365 days, by BG/NBD), while they are not given up yet. A share and not a limit: what is a
-- high risk differs from shop to shop. With it goes what they are expected to be worth, as a band.
with buyers as (

    select
        *,
        count(*) over () as buyer_count,
        row_number() over (order by churn_probability desc nulls last, customer_id asc nulls last) as risk_place
    from {{ ref('fct_customer_value') }}
    where customer_type = 'person' and order_count >= 2 and rfm_segment <> 'lost' and churn_probability is not null

),

candidates as (

    select
        customer_id,
        last_order_date,
        order_count,
        case
            when expected_365d_amount < 50 then 'below 50'
            when expected_365d_amount < 200 then '50 to 199'
            else '200 and more'
        end as expected_value_band
    from buyers
    where risk_place <= buyer_count * 0.1

)

select * from {{ eligible_members('candidates') }}
