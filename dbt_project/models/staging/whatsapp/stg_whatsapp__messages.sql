-- WhatsApp's ids of messages hold a number, and where no id of the user is told the number is the contact: both are
-- hashed, as keys of records and events are published.
with source as (

    select * from {{ source('whatsapp', 'messages') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['received_at']) }} = 1

),

renamed as (

    select
        md5(id) as message_id,
        message_type,
        {{ whatsapp_contact_id('user_id', 'wa_id') }} as contact_id,
        wa_id as phone_digits,
        user_id as whatsapp_user_id,
        profile_name,
        md5(answers_message_id) as answers_message_id,
        marketing_word,
        referral_type,
        referral_id,
        referral_url,
        click_id,
        account_id,
        phone_number_id,
        source_file,
        coalesce(is_tap, false) as is_tap,
        cast(occurred_at as timestamp) as occurred_at,
        cast(received_at as timestamp) as received_at
    from latest

)

select * from renamed
