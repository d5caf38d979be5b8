with source as (

    select * from {{ source('whatsapp', 'preferences') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['received_at']) }} = 1

),

renamed as (

    select
        -- Keyed: without an id of the user it is made of the number and the moment, and evidence is published.
        {{ identifier_hash("'preference'", 'id') }} as preference_id,
        category,
        preference,
        {{ whatsapp_contact_id('user_id', 'wa_id') }} as contact_id,
        wa_id as phone_digits,
        user_id as whatsapp_user_id,
        profile_name,
        account_id,
        phone_number_id,
        source_file,
        cast(occurred_at as timestamp) as occurred_at,
        cast(received_at as timestamp) as received_at
    from latest

)

select * from renamed
