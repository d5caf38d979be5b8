-- A customer who was merged into another user since is known no more by the old id: what it wrote is the requester's.
with comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

users as (

    select * from {{ ref('stg_zendesk__users') }}

),

attributed as (

    select
        comments.*,
        tickets.requester_id,
        tickets.channel,
        users.user_id,
        case
            when comments.author_id like '-%' or comments.author_id = '0' then 'system'
            -- only agents write notes, even one whose account is gone
            when users.role in ('agent', 'admin') or not comments.is_public then 'agent'
            else 'customer'
        end as author_type
    from comments
    inner join tickets on comments.ticket_id = tickets.ticket_id
    left join users on comments.author_id = users.user_id

),

shaped as (

    select
        'zendesk' as source_system,
        'zendesk:' || ticket_comment_id as ticket_message_key,
        'zendesk:' || ticket_id as ticket_key,
        case when author_type = 'customer' then 'zendesk:' || coalesce(user_id, requester_id) end as record_key,
        author_type,
        {{ zendesk_channel('channel') }} as channel,
        is_public,
        created_at as sent_at
    from attributed

)

select * from shaped
