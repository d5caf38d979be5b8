with source as (

    select * from {{ source('klaviyo', 'profiles') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated']) }} = 1

),

renamed as (

    select
        id as profile_id,
        external_id,
        email,
        phone_number as phone,
        first_name,
        last_name,
        address1 as address_line,
        city,
        region,
        country,
        zip as postal_code,
        email_consent,
        email_suppressions as email_suppressions_json,
        sms_consent,
        push_consent,
        email_can_receive as can_receive_email_marketing,
        cast(created as timestamp) as created_at,
        cast(updated as timestamp) as updated_at,
        cast(last_event_date as timestamp) as last_event_at,
        cast(email_consent_at as timestamp) as email_consent_at,
        cast(sms_consent_at as timestamp) as sms_consent_at,
        cast(push_consent_at as timestamp) as push_consent_at
    from latest

)

select * from renamed
