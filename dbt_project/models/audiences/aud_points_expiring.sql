-- Members whose points end within two weeks unless they do something: the programme takes back what lies idle for so
-- many days after the last points earned or redeemed (vars loyalty_points). A balance too small for a reward is no
-- reason to write.
{%- set rule = var('loyalty_points') %}
with as_of as (

    select * from {{ ref('int_as_of') }}

),

members as (

    select
        customer_id,
        max(case when entry_type in ('earn', 'redeem') then occurred_at end) as last_active_at,
        sum(points) as points
    from {{ ref('fct_loyalty_ledger') }}
    where customer_id is not null
    group by customer_id

),

candidates as (

    select
        members.customer_id,
        members.points as points_balance,
        {{ to_reporting_date(dbt.dateadd('day', rule.idle_days, 'members.last_active_at')) }} as points_end_date
    from members
    cross join as_of
    where
        members.points >= {{ rule.least_points }}
        and {{ dbt.dateadd('day', rule.idle_days, 'members.last_active_at') }} > as_of.as_of
        and {{ dbt.dateadd('day', rule.idle_days, 'members.last_active_at') }}
        <= {{ dbt.dateadd('day', rule.warning_days, 'as_of.as_of') }}

)

select * from {{ eligible_members('candidates') }}
