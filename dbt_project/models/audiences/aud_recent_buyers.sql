-- To be excluded from ads that win customers: who ordered in the last 14 days, in whatever channel, so that nobody pays
-- to tell them of what they have. An exclusion has no holdout: who is held out would see the ads.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

candidates as (

    select
        customers.customer_id,
        customers.last_order_date
    from {{ ref('dim_customers') }} as customers
    cross join as_of
    where
        customers.customer_type = 'person'
        and customers.last_order_date > {{ dbt.dateadd('day', -14, to_reporting_date('as_of.as_of')) }}

)

select * from {{ eligible_members('candidates') }}
