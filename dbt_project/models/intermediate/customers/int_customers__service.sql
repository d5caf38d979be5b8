-- What a customer asked, answered and saved up since the first record of it.
with tickets as (

    select
        customer_id,
        count(*) as ticket_count,
        count(case when is_open then 1 end) as open_ticket_count
    from {{ ref('int_service__tickets') }}
    where customer_id is not null and not is_deleted
    group by customer_id

),

-- The last answer of each kind.
responses as (

    select * from {{ ref('int_service__survey_responses') }}
    where customer_id is not null and is_counted
    qualify row_number() over (
        partition by customer_id, survey_type
        order by responded_at desc nulls last, survey_response_key asc nulls last
    ) = 1

),

answers as (

    select
        customer_id,
        max(case when survey_type = 'csat' then score_rate end) as last_csat_rate,
        max(case when survey_type = 'nps' then score end) as last_nps_score,
        max(case when survey_type = 'nps' then nps_group end) as last_nps_group
    from responses
    group by customer_id

),

points as (

    select
        customer_id,
        cast(sum(points) as bigint) as points_balance
    from {{ ref('int_loyalty__ledger') }}
    where customer_id is not null
    group by customer_id

),

customers as (

    select customer_id from tickets
    union
    select customer_id from answers
    union
    select customer_id from points

),

service as (

    select
        customers.customer_id,
        coalesce(tickets.ticket_count, 0) as ticket_count,
        coalesce(tickets.open_ticket_count, 0) as open_ticket_count,
        answers.last_csat_rate,
        answers.last_nps_score,
        answers.last_nps_group,
        points.points_balance
    from customers
    left join tickets on customers.customer_id = tickets.customer_id
    left join answers on customers.customer_id = answers.customer_id
    left join points on customers.customer_id = points.customer_id

)

select * from service
