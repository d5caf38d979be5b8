-- WhatsApp's ids of messages hold a number, and where no id of the user is told the number is the contact: both are
-- hashed, as keys of records and events are published.
with source as (

    select * from {{ source('whatsapp', 'statuses') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['received_at']) }} = 1

),

renamed as (

    select
        md5(message_id) || ':' || status as status_id,
        md5(message_id) as message_id,
        status,
        {{ whatsapp_contact_id('user_id', 'wa_id') }} as contact_id,
        wa_id as phone_digits,
        user_id as whatsapp_user_id,
        profile_name,
        campaign_name,
        template_name,
        pricing_model,
        pricing_type,
        pricing_category,
        conversation_id,
        conversation_type,
        error_code,
        account_id,
        phone_number_id,
        source_file,
        is_billable,
        cast(occurred_at as timestamp) as occurred_at,
        cast(received_at as timestamp) as received_at
    from latest

)

select * from renamed
