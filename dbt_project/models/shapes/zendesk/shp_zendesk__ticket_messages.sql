with comments as (

    {{ zendesk_comments() }}

),

shaped as (

    select
        'zendesk' as source_system,
        'zendesk:' || ticket_comment_id as ticket_message_key,
        'zendesk:' || ticket_id as ticket_key,
        case when author_type = 'customer' then 'zendesk:' || customer_user_id end as record_key,
        author_type,
        {{ zendesk_channel('channel') }} as channel,
        is_public,
        created_at as sent_at
    from comments

)

select * from shaped
