-- To be excluded from ads: who waits for an answer of the help desk, or said in the last 90 days that they would not
-- recommend the shop. An exclusion has no holdout.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

detractors as (

    select answers.customer_id
    from {{ ref('fct_survey_responses') }} as answers
    cross join as_of
    where
        answers.customer_id is not null
        and answers.nps_group is not null
        and answers.is_counted
        and answers.responded_at > {{ dbt.dateadd('day', -90, 'as_of.as_of') }}
    qualify
        row_number() over (
            partition by answers.customer_id
            order by answers.responded_at desc nulls last, answers.survey_response_key asc nulls last
        ) = 1
        and answers.nps_group = 'detractor'

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
