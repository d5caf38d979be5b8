with source as (

    select * from {{ source('surveymonkey', 'responses') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['modified_at']) }} = 1

),

renamed as (

    select
        id as response_id,
        survey_id,
        collector_id,
        nullif(customer_id, '') as shop_customer_id,
        nullif(order_id, '') as order_id,
        nullif(ticket_id, '') as ticket_id,
        nullif(location_code, '') as location_code,
        nullif(email_address, '') as email,
        nullif(first_name, '') as first_name,
        nullif(last_name, '') as last_name,
        response_status,
        total_time as total_seconds,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as updated_at
    from latest

)

select * from renamed
