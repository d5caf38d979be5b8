-- Dated by what was written: the first public comment of an agent is the first reply. Messages are the public ones.
with tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

comments as (

    {{ zendesk_comments() }}

),

messages as (

    select
        ticket_id,
        count(*) as message_count,
        min(case when author_type = 'agent' then created_at end) as first_replied_at
    from comments
    where is_public
    group by ticket_id

),

numbered as (

    select
        *,
        coalesce(nullif(order_number, ''), subject_order_number) as order_text
    from tickets

),

shaped as (

    select
        'zendesk' as source_system,
        'zendesk:' || numbered.ticket_id as ticket_key,
        numbered.ticket_id,
        'zendesk:' || numbered.requester_id as record_key,
        {{ zendesk_channel('numbered.channel') }} as channel,
        case numbered.status when 'hold' then 'pending' else numbered.status end as ticket_status,
        numbered.priority,
        numbered.ticket_type,
        case
            -- people type the number with or without the sign that the shop's names begin with
            when {{ regexp_replace_all('numbered.order_text', '[^0-9]', '') }} = numbered.order_text
                then '#' || numbered.order_text
            else numbered.order_text
        end as order_name,
        cast(coalesce(messages.message_count, 0) as bigint) as message_count,
        coalesce(numbered.reopen_count, 0) as reopen_count,
        numbered.created_at,
        coalesce(
            messages.first_replied_at, {{ dbt.dateadd('minute', 'numbered.reply_minutes', 'numbered.created_at') }}
        ) as first_replied_at,
        -- a ticket that was opened again is not solved any more
        case when numbered.status in ('solved', 'closed') then numbered.solved_at end as solved_at,
        numbered.generated_at as updated_at
    from numbered
    left join messages on numbered.ticket_id = messages.ticket_id

)

select * from shaped
