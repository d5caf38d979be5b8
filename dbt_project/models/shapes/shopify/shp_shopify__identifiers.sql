-- A customer carries its profile's identifiers and the ids of its orders; a guest's order carries its own.
with customers as (

    select * from {{ ref('stg_shopify__customers') }}

),

orders as (

    select
        *,
        coalesce(customer_id, 'order-' || order_id) as source_record_id
    from {{ ref('stg_shopify__orders') }}

),

observations as (

    select
        customer_id as source_record_id,
        'shopify_customer_id' as identifier_type,
        customer_id as identifier_value,
        country_code,
        'profile' as observed_by,
        created_at as first_seen_at,
        updated_at as last_seen_at
    from customers
    union all
    select customer_id, 'email', email, country_code, 'profile', created_at, updated_at
    from customers
    union all
    select customer_id, 'phone', phone, country_code, 'profile', created_at, updated_at
    from customers
    union all
    select source_record_id, 'shopify_customer_id', customer_id, shipping_country_code, 'order', created_at, created_at
    from orders
    union all
    select source_record_id, 'order_id', order_id, shipping_country_code, 'order', created_at, created_at
    from orders
    union all
    select source_record_id, 'checkout_token', checkout_token, shipping_country_code, 'order', created_at, created_at
    from orders
    union all
    select source_record_id, 'email', email, shipping_country_code, 'order', created_at, created_at
    from orders
    where customer_id is null
    union all
    select source_record_id, 'phone', phone, shipping_country_code, 'order', created_at, created_at
    from orders
    where customer_id is null

),

identifiers as (

    select
        'shopify' as source_system,
        'shopify:' || source_record_id as record_key,
        identifier_type,
        identifier_value,
        max(country_code) as country_code,
        max(observed_by) as observed_by,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from observations
    where identifier_value <> ''
    group by source_record_id, identifier_type, identifier_value

)

select * from identifiers
