-- A question has numbers where every choice of it has one. Its scale, and so the kind of the survey, follows from them.
with responses as (

    select * from {{ ref('stg_surveymonkey__responses') }}

),

surveys as (

    select * from {{ ref('stg_surveymonkey__surveys') }}

),

choices as (

    select * from {{ ref('stg_surveymonkey__choices') }}

),

answers as (

    select * from {{ ref('stg_surveymonkey__answers') }}

),

scales as (

    select
        survey_id,
        question_id,
        min(number) as min_score,
        max(number) as max_score
    from choices
    group by survey_id, question_id
    having count(*) = count(number) and count(*) > 1

),

scored as (

    select
        answers.response_id,
        answers.question_id,
        max(choices.number) as score
    from answers
    inner join choices on answers.question_id = choices.question_id and answers.choice_id = choices.choice_id
    group by answers.response_id, answers.question_id

),

shaped as (

    select
        'surveymonkey' as source_system,
        'surveymonkey:' || responses.response_id || ':' || scales.question_id as survey_response_key,
        responses.survey_id,
        surveys.survey_name,
        case when scales.min_score = 0 and scales.max_score = 10 then 'nps' else 'csat' end as survey_type,
        case
            when
                coalesce(responses.shop_customer_id, responses.order_id, responses.ticket_id, responses.email)
                is not null
                then 'surveymonkey:' || responses.response_id
        end as record_key,
        'zendesk:' || responses.ticket_id as ticket_key,
        scored.score,
        scales.max_score,
        responses.response_status = 'completed' as is_complete,
        responses.updated_at as responded_at
    from responses
    inner join scales on responses.survey_id = scales.survey_id
    left join surveys on responses.survey_id = surveys.survey_id
    left join scored
        on responses.response_id = scored.response_id and scales.question_id = scored.question_id

)

select * from shaped
