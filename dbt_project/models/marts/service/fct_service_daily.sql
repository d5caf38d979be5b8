-- Counts and sums only, so that weeks and months add up; a rate stands beside them for one day.
with tickets as (

    select
        created_date as service_date,
        count(*) as ticket_count,
        count(customer_id) as known_ticket_count,
        count(order_key) as order_ticket_count,
        count(case when is_repeat_contact then 1 end) as repeat_contact_count,
        count(case when is_cross_channel_repeat then 1 end) as cross_channel_repeat_count,
        count(case when is_reopened then 1 end) as reopened_ticket_count,
        count(first_reply_minutes) as replied_ticket_count,
        count(resolution_minutes) as resolved_ticket_count,
        sum(first_reply_minutes) as first_reply_minutes,
        sum(resolution_minutes) as resolution_minutes
    from {{ ref('fct_tickets') }}
    where not is_deleted
    group by created_date

),

responses as (

    select
        responded_date as service_date,
        count(*) as nps_response_count,
        count(case when nps_group = 'promoter' then 1 end) as promoter_count,
        count(case when nps_group = 'detractor' then 1 end) as detractor_count,
        count(case when is_after_contact then 1 end) as contacted_nps_response_count,
        count(case when is_after_contact and nps_group = 'promoter' then 1 end) as contacted_promoter_count,
        count(case when is_after_contact and nps_group = 'detractor' then 1 end) as contacted_detractor_count
    from {{ ref('fct_survey_responses') }}
    where is_counted and survey_type = 'nps'
    group by responded_date

),

orders as (

    select
        order_date as service_date,
        count(*) as order_count
    from {{ ref('int_orders__orders') }}
    where not is_test and not is_cancelled and not is_return
    group by order_date

),

days as (

    select service_date from tickets
    union
    select service_date from responses
    union
    select service_date from orders

),

fct_service_daily as (

    select
        days.service_date,
        {%- for count in [
            'ticket_count', 'known_ticket_count', 'order_ticket_count', 'repeat_contact_count',
            'cross_channel_repeat_count', 'reopened_ticket_count', 'replied_ticket_count', 'resolved_ticket_count',
            'first_reply_minutes', 'resolution_minutes'
        ] %}
            cast(coalesce(tickets.{{ count }}, 0) as bigint) as {{ count }},
        {%- endfor %}
        {%- for count in [
            'nps_response_count', 'promoter_count', 'detractor_count', 'contacted_nps_response_count',
            'contacted_promoter_count', 'contacted_detractor_count'
        ] %}
            cast(coalesce(responses.{{ count }}, 0) as bigint) as {{ count }},
        {%- endfor %}
        cast(coalesce(orders.order_count, 0) as bigint) as order_count,
        cast({{ safe_divide('coalesce(tickets.ticket_count, 0)', 'orders.order_count') }} as decimal(18, 6))
            as contact_rate
    from days
    left join tickets on days.service_date = tickets.service_date
    left join responses on days.service_date = responses.service_date
    left join orders on days.service_date = orders.service_date
    where days.service_date is not null

)

select * from fct_service_daily
