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

    {%- for type, column in [('shopify_customer_id', 'customer_id'), ('email', 'email'), ('phone', 'phone')] %}
        select
            customer_id as source_record_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            country_code,
            'profile' as observed_by,
            created_at as first_seen_at,
            updated_at as last_seen_at
        from customers
        union all
    {%- endfor %}
    {%- for type, column in [
        ('shopify_customer_id', 'customer_id'),
        ('order_id', 'order_id'),
        ('checkout_token', 'checkout_token'),
        ('email', 'case when customer_id is null then email end'),
        ('phone', 'case when customer_id is null then phone end'),
    ] %}
        select
            source_record_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            shipping_country_code as country_code,
            'order' as observed_by,
            created_at as first_seen_at,
            created_at as last_seen_at
        from orders
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

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
