-- All choices of a sheet come with each of its versions: who changes an answer has given up the old one.
with source as (

    select * from {{ source('surveymonkey', 'answers') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['response_modified_at']) }} = 1

),

responses as (

    select
        id,
        max(modified_at) as modified_at
    from {{ source('surveymonkey', 'responses') }}
    group by id

),

renamed as (

    select
        latest.id as answer_id,
        latest.response_id,
        latest.question_id,
        latest.row_id,
        latest.choice_id,
        latest.label as choice_label,
        cast(latest.response_modified_at as timestamp) as response_updated_at
    from latest
    inner join responses on latest.response_id = responses.id and latest.response_modified_at >= responses.modified_at

)

select * from renamed
