-- The order's id, and the address that Amazon made for it: a name of the order and of nobody, so it is no e-mail to us.
with orders as (

    {{ amazon_orders() }}

),

shaped as (

    {%- for type, column in [('marketplace_order_id', 'order_id'), ('marketplace_email', 'buyer_email')] %}
        select
            'amazon' as source_system,
            'amazon:order-' || order_id as record_key,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            country_code,
            'order' as observed_by,
            created_at as first_seen_at,
            created_at as last_seen_at
        from orders
        where {{ column }} <> ''
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

)

select * from shaped
