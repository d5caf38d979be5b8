with events as (

    select
        *,
        coalesce(anonymous_id, '') || '|' || coalesce(user_id, '') as source_record_id
    from {{ ref('stg_web_events__events') }}
    where anonymous_id is not null or user_id is not null

),

observations as (

    {%- for type, column, observed_by in [
        ('anonymous_id', 'anonymous_id', 'device'),
        ('shopify_customer_id', 'user_id', 'login'),
        ('email', 'email', 'traits'),
        ('phone', 'phone', 'traits'),
        ('order_id', 'order_id', 'order'),
        ('checkout_token', 'checkout_id', 'checkout'),
    ] %}
        select
            source_record_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            '{{ observed_by }}' as observed_by,
            occurred_at
        from events
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

identifiers as (

    select
        'web_events' as source_system,
        'web_events:' || source_record_id as record_key,
        identifier_type,
        identifier_value,
        cast(null as string) as country_code,
        max(observed_by) as observed_by,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from observations
    where identifier_value <> ''
    group by source_record_id, identifier_type, identifier_value

)

select * from identifiers
