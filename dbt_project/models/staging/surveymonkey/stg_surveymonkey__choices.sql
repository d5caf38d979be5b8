-- A choice's number is what its label begins with ('10 - Extremely likely') or holds; weights are the shop's own and
-- count something else for some kinds of questions. What was struck out of a survey is void.
with source as (

    select * from {{ source('surveymonkey', 'choices') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['survey_modified_at']) }} = 1

),

surveys as (

    select
        id,
        max(modified_at) as modified_at
    from {{ source('surveymonkey', 'surveys') }}
    group by id

),

read as (

    select
        latest.*,
        try_cast(
            split_part(trim({{ regexp_replace_all('latest.label', '[^0-9]+', ' ') }}), ' ', 1) as bigint
        ) as label_number
    from latest
    inner join surveys on latest.survey_id = surveys.id and latest.survey_modified_at >= surveys.modified_at

),

renamed as (

    select
        id as survey_choice_id,
        survey_id,
        question_id,
        choice_id,
        family as question_family,
        subtype as question_subtype,
        label as choice_label,
        case
            when label_number between 0 and 10 then label_number
            when label_number is null and weight between 0 and 10 then weight
        end as number,
        cast(survey_modified_at as timestamp) as survey_updated_at
    from read

)

select * from renamed
