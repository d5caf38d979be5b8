with messages as (

    select * from {{ ref('stg_twilio__messages') }}

),

shaped as (

    select
        'twilio' as source_system,
        contact_id as source_record_id,
        'twilio:' || contact_id as record_key,
        'number' as record_type,
        cast(null as string) as given_name,
        cast(null as string) as family_name,
        cast(null as date) as birth_date,
        cast(null as string) as address_line,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as postal_code,
        cast(null as string) as country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        min(sent_at) as created_at,
        max(sent_at) as updated_at
    from messages
    where contact_id is not null
    group by contact_id

)

select * from shaped
