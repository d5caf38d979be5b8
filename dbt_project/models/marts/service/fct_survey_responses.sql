with responses as (

    select * from {{ ref('int_service__survey_responses') }}

),

fct_survey_responses as (

    select
        survey_response_key,
        source_system,
        survey_id,
        survey_name,
        survey_type,
        customer_id,
        contact_ticket_key,
        nps_group,
        score,
        max_score,
        score_rate,
        is_complete,
        is_counted,
        contact_ticket_key is not null as is_after_contact,
        responded_at,
        {{ to_reporting_date('responded_at') }} as responded_date
    from responses

)

select * from fct_survey_responses
