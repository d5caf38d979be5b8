{# What Zendesk's shapes must agree on, as a query over staging: the comments of the tickets that there are, and who wrote
   each (author_type). A user that was merged into another is known no more by the old id: what it wrote is the
   requester's (customer_user_id). Only agents write notes, even one whose account is gone; -1 is Zendesk itself. #}
{% macro zendesk_comments() %}
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
        tickets.channel,
        coalesce(users.user_id, tickets.requester_id) as customer_user_id,
        case
            when comments.author_id like '-%' or comments.author_id = '0' then 'system'
            when users.role in ('agent', 'admin') or not comments.is_public then 'agent'
            else 'customer'
        end as author_type
    from comments
    inner join tickets on comments.ticket_id = tickets.ticket_id
    left join users on comments.author_id = users.user_id

)

select * from attributed
{% endmacro %}
