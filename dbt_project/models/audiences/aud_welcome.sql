-- Who agreed to hear from the shop for the first time in the last 14 days and has bought nothing yet.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

first_grants as (

    select
        customer_id,
        min(changed_at) as agreed_at
    from {{ ref('int_consent__current') }}
    where consent_status = 'granted' and purpose = 'marketing'
    group by customer_id

),

candidates as (

    select
        customers.customer_id,
        first_grants.agreed_at
    from {{ ref('dim_customers') }} as customers
    inner join first_grants on customers.customer_id = first_grants.customer_id
    cross join as_of
    where
        customers.order_count = 0
        and first_grants.agreed_at > {{ dbt.dateadd('day', -14, 'as_of.as_of') }}
        -- A known shopper who agrees again is no newcomer.
        and customers.first_seen_at > {{ dbt.dateadd('day', -30, 'as_of.as_of') }}

)

select * from {{ eligible_members('candidates') }}
