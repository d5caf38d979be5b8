-- A sheet that tells nothing of who gave it is no record of anybody: it counts in the scores alone.
with responses as (

    select * from {{ ref('stg_surveymonkey__responses') }}
    where coalesce(shop_customer_id, order_id, ticket_id, email) is not null

),

shaped as (

    select
        'surveymonkey' as source_system,
        response_id as source_record_id,
        'surveymonkey:' || response_id as record_key,
        'survey_response' as record_type,
        first_name as given_name,
        last_name as family_name,
        cast(null as date) as birth_date,
        cast(null as string) as address_line,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as postal_code,
        cast(null as string) as country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        created_at,
        updated_at
    from responses

)

select * from shaped
