-- Deleted tickets (spam, slips) are here, marked: no figure should include them.
with tickets as (

    select * from {{ ref('int_service__tickets') }}

),

fct_tickets as (

    select
        ticket_key,
        source_system,
        ticket_id,
        customer_id,
        order_key,
        previous_ticket_key,
        channel,
        ticket_status,
        priority,
        ticket_type,
        message_count,
        reopen_count,
        cast(floor(({{ epoch_seconds('replied_at') }} - {{ epoch_seconds('created_at') }}) / 60) as bigint)
            as first_reply_minutes,
        cast(floor(({{ epoch_seconds('resolved_at') }} - {{ epoch_seconds('created_at') }}) / 60) as bigint)
            as resolution_minutes,
        is_open,
        is_deleted,
        coalesce(reopen_count > 0, false) as is_reopened,
        is_repeat_contact,
        is_cross_channel_repeat,
        created_at,
        replied_at as first_replied_at,
        resolved_at,
        updated_at,
        {{ to_reporting_date('created_at') }} as created_date
    from tickets

)

select * from fct_tickets
