with observations as (

    {%- for type, column in [('phone', 'phone_number'), ('order_id', 'order_id')] %}
        select
            contact_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            sent_at
        from {{ ref('stg_twilio__messages') }}
        where {{ column }} is not null
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

shaped as (

    select
        'twilio' as source_system,
        'twilio:' || contact_id as record_key,
        identifier_type,
        identifier_value,
        cast(null as string) as country_code,
        'message' as observed_by,
        min(sent_at) as first_seen_at,
        max(sent_at) as last_seen_at
    from observations
    group by contact_id, identifier_type, identifier_value

)

select * from shaped
