with profiles as (

    select
        *,
        case when length(country) = 2 then upper(country) end as country_code
    from {{ ref('stg_klaviyo__profiles') }}

),

observations as (

    {%- for type, column in [
        ('klaviyo_profile_id', 'profile_id'),
        ('email', 'email'),
        ('phone', 'phone'),
        ('shopify_customer_id', 'external_id'),
    ] %}
        select
            profile_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            country_code,
            created_at,
            updated_at
        from profiles
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

shaped as (

    select
        'klaviyo' as source_system,
        'klaviyo:' || profile_id as record_key,
        identifier_type,
        identifier_value,
        country_code,
        'profile' as observed_by,
        created_at as first_seen_at,
        updated_at as last_seen_at
    from observations
    where identifier_value <> ''

)

select * from shaped
