with profiles as (

    select
        *,
        case when length(country) = 2 then upper(country) end as country_code
    from {{ ref('stg_klaviyo__profiles') }}

),

observations as (

    select
        profile_id,
        'klaviyo_profile_id' as identifier_type,
        profile_id as identifier_value,
        country_code,
        created_at,
        updated_at
    from profiles
    union all
    select profile_id, 'email', email, country_code, created_at, updated_at
    from profiles
    union all
    select profile_id, 'phone', phone, country_code, created_at, updated_at
    from profiles
    union all
    select profile_id, 'shopify_customer_id', external_id, country_code, created_at, updated_at
    from profiles

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
