with source as (

    select * from {{ source('surveymonkey', 'surveys') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['modified_at']) }} = 1

),

renamed as (

    select
        id as survey_id,
        title as survey_name,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as updated_at
    from latest

)

select * from renamed
