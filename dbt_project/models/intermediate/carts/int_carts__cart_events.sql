-- What customers put into carts and took to check-outs, in the shop's pages and in the vendors' own lists of unfinished
-- check-outs. Bots and test hosts are left out. A vendor's check-out without a customer is seen by its web events.
with events as (

    select
        *,
        lower(replace(event_name, ' ', '_')) as cart_event_type
    from {{ ref('int_events__events') }}
    where not is_bot and not is_test_host and lower(event_name) in ('product added', 'checkout started')

),

checkouts as (

    {{ union_shape('checkouts') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

acts as (

    select
        event_key as cart_event_key,
        source_system,
        record_key,
        cart_event_type as event_type,
        source_system || ':' || coalesce(cart_id, checkout_token, visitor_key) as cart_key,
        checkout_token,
        sku,
        value_amount,
        occurred_at
    from events

    union all

    select
        checkout_key || ':checkout' as cart_event_key,
        source_system,
        record_key,
        'checkout_started' as event_type,
        checkout_key as cart_key,
        cast(null as string) as checkout_token,
        cast(null as string) as sku,
        total_amount as value_amount,
        created_at as occurred_at
    from checkouts
    where completed_at is null

),

joined as (

    select
        record_customers.customer_id,
        acts.*
    from acts
    inner join record_customers on acts.record_key = record_customers.record_key

)

select * from joined
