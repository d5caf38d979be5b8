-- Of whoever is not us only a number is known, before which another channel than SMS stands. A notice is of the order
-- that it names; its number may be a household's, so number (its keyed hash: keys are published) and order together are
-- the contact. What comes back is an answer to the last notice to that number.
with source as (

    select * from {{ source('twilio', 'messages') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

numbered as (

    select
        *,
        direction = 'inbound' as is_inbound,
        case when direction = 'inbound' then sender else recipient end as customer_address
    from latest

),

notices as (

    select
        answers.id,
        notices.order_reference
    from numbered as answers
    inner join numbered as notices
        on answers.customer_address = notices.customer_address and answers.sent_at >= notices.sent_at
    where answers.is_inbound and notices.order_reference is not null
    qualify row_number() over (
        partition by answers.id
        order by notices.sent_at desc nulls last, notices.id asc nulls last
    ) = 1

),

threaded as (

    select
        numbered.*,
        coalesce(numbered.order_reference, notices.order_reference) as order_id,
        case
            when numbered.customer_address like '%:%' then split_part(numbered.customer_address, ':', 2)
            else numbered.customer_address
        end as phone_number
    from numbered
    left join notices on numbered.id = notices.id

),

renamed as (

    select
        id as message_id,
        account_id,
        service_id,
        direction,
        order_id,
        marketing_word,
        status,
        error_code,
        is_inbound,
        case when customer_address like '%:%' then split_part(customer_address, ':', 1) else 'sms' end as channel,
        phone_number,
        {{ identifier_hash("'phone'", 'phone_number') }} || coalesce(':' || order_id, '') as contact_id,
        segment_count,
        media_count,
        cost_amount,
        upper(currency_code) as currency_code,
        cast(created_at as timestamp) as created_at,
        cast(sent_at as timestamp) as sent_at,
        cast(updated_at as timestamp) as updated_at
    from threaded

)

select * from renamed
