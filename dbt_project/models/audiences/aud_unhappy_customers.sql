-- To be excluded from ads: who waits for an answer of the help desk, or said in the last 90 days that they would not
-- recommend the shop. An exclusion has no holdout.
with detractors as (

    select customer_id
    from {{ ref('fct_survey_responses') }}
    cross join {{ ref('int_as_of') }} as as_of
    where
        customer_id is not null
        and nps_group is not null
        and is_counted
        and responded_at > {{ dbt.dateadd('day', -90, 'as_of.as_of') }}
    qualify row_number() over (
        partition by customer_id order by responded_at desc nulls last, survey_response_key asc nulls last
    ) = 1 and nps_group = 'detractor'

),

candidates as (

    select
        customers.customer_id,
        customers.open_ticket_count > 0 as has_open_ticket,
        detractors.customer_id is not null as is_detractor
    from {{ ref('dim_customers') }} as customers
    left join detractors on customers.customer_id = detractors.customer_id
    where customers.open_ticket_count > 0 or detractors.customer_id is not null

)

select * from {{ eligible_members('candidates') }}
