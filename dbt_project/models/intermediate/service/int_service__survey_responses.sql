-- Answers with whom they are from and the contact they follow: the ticket they were asked about, else the customer's
-- last one of the 30 days before. A score outside its scale counts in no figure.
with responses as (

    {{ union_shape('survey_responses') }}

),

owned as (

    select
        responses.*,
        record_customers.customer_id
    from responses
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on responses.record_key = record_customers.record_key

),

timeline as (

    select
        customer_id,
        cast(null as string) as survey_response_key,
        ticket_key,
        created_at as happened_at,
        0 as sort_order
    from {{ ref('int_service__tickets') }}
    where customer_id is not null and not is_deleted
    union all
    select
        customer_id,
        survey_response_key,
        cast(null as string) as ticket_key,
        responded_at as happened_at,
        1 as sort_order
    from owned
    where customer_id is not null

),

{%- set before %}
    partition by customer_id
    order by happened_at asc nulls last, sort_order asc nulls last, ticket_key asc nulls last,
        survey_response_key asc nulls last
    rows between unbounded preceding and current row
{%- endset %}

contacts as (

    select
        survey_response_key,
        {{ last_value_ignore_nulls('ticket_key', before) }} as ticket_key,
        {{ epoch_seconds('happened_at') }} - {{ last_value_ignore_nulls(
            'case when ticket_key is not null then ' ~ epoch_seconds('happened_at') ~ ' end', before
        ) }} as seconds_since
    from timeline

),

described as (

    select
        owned.*,
        coalesce(
            owned.ticket_key, case when contacts.seconds_since <= 30 * 86400 then contacts.ticket_key end
        ) as contact_ticket_key,
        coalesce(
            owned.is_complete and owned.score between 0
            and case when owned.survey_type = 'nps' then 10 else owned.max_score end, false
        ) as is_counted,
        cast({{ safe_divide('owned.score', 'owned.max_score') }} as decimal(18, 6)) as score_rate,
        case
            when owned.survey_type <> 'nps' or owned.score not between 0 and 10 then null
            when owned.score >= 9 then 'promoter'
            when owned.score >= 7 then 'passive'
            when owned.score is not null then 'detractor'
        end as nps_group
    from owned
    left join contacts on owned.survey_response_key = contacts.survey_response_key

)

select * from described
