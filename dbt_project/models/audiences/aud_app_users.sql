-- Whom a notification may bring back: who has the app and takes notifications, and has not opened it for a while (vars
-- app_users).
with as_of as (

    select * from {{ ref('int_as_of') }}

),

visits as (

    select
        customer_id,
        max(started_at) as last_opened_at
    from {{ ref('int_journeys__sessions') }}
    where device_type = 'app' and not (is_bot or is_test_host) and customer_id is not null
    group by customer_id

),

candidates as (

    select
        visits.customer_id,
        {{ to_reporting_date('visits.last_opened_at') }} as app_last_opened_on
    from visits
    cross join as_of
    where visits.last_opened_at <= {{ dbt.dateadd('day', '-' ~ var('app_users').idle_days, 'as_of.as_of') }}

)

select * from {{ eligible_members('candidates') }}
