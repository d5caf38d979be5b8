-- Tickets with whom they are from, the order they name, how fast they were answered, and what came before them. The
-- first reply is what the vendor says, else the first public message of an agent.
with tickets as (

    {{ union_shape('tickets') }}

),

first_replies as (

    select
        ticket_key,
        min(sent_at) as first_replied_at
    from {{ ref('int_service__ticket_messages') }}
    where author_type = 'agent' and is_public
    group by ticket_key

),

owned as (

    select
        tickets.*,
        record_customers.customer_id,
        coalesce(tickets.first_replied_at, first_replies.first_replied_at) as replied_at,
        case when tickets.ticket_status in ('solved', 'closed') then tickets.solved_at end as resolved_at,
        coalesce(tickets.ticket_status in ('new', 'open', 'pending'), false) as is_open,
        coalesce(tickets.ticket_status = 'deleted', false) as is_deleted
    from tickets
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on tickets.record_key = record_customers.record_key
    left join first_replies on tickets.ticket_key = first_replies.ticket_key

),

orders as (

    select
        orders.order_key,
        orders.ordered_at,
        lower(replace(orders.order_name, '#', '')) as order_name,
        record_customers.customer_id,
        count(*) over (partition by lower(replace(orders.order_name, '#', ''))) as namesake_count
    from {{ ref('int_orders__orders') }} as orders
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where orders.order_name is not null

),

-- Two shops may give one name twice: then it must be the customer's own order, the newest when the ticket began.
named_orders as (

    select
        owned.ticket_key,
        orders.order_key
    from owned
    inner join orders
        on
            lower(replace(trim(owned.order_name), '#', '')) = orders.order_name
            and (orders.namesake_count = 1 or owned.customer_id = orders.customer_id)
    qualify row_number() over (
        partition by owned.ticket_key
        order by
            case when orders.ordered_at <= owned.created_at then 0 else 1 end asc nulls last,
            orders.ordered_at desc nulls last,
            orders.order_key asc nulls last
    ) = 1

),

-- A deleted ticket (spam, a slip) is no contact, so it neither repeats one nor is repeated.
contacts as (

    select
        ticket_key,
        lag(ticket_key) over person as previous_ticket_key,
        lag(channel) over person as previous_channel,
        {{ epoch_seconds('created_at') }} - lag({{ epoch_seconds('created_at') }}) over person as previous_seconds
    from owned
    where customer_id is not null and not is_deleted
    window person as (partition by customer_id order by created_at asc nulls last, ticket_key asc nulls last)

),

described as (

    select
        owned.*,
        named_orders.order_key,
        contacts.previous_ticket_key,
        coalesce(contacts.previous_seconds <= 7 * 86400, false) as is_repeat_contact,
        coalesce(contacts.previous_seconds <= 7 * 86400 and contacts.previous_channel <> owned.channel, false)
            as is_cross_channel_repeat
    from owned
    left join named_orders on owned.ticket_key = named_orders.ticket_key
    left join contacts on owned.ticket_key = contacts.ticket_key

)

select * from described
