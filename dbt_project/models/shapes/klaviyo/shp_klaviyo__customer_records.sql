with profiles as (

    select * from {{ ref('stg_klaviyo__profiles') }}

),

shaped as (

    select
        'klaviyo' as source_system,
        profile_id as source_record_id,
        'klaviyo:' || profile_id as record_key,
        'profile' as record_type,
        first_name as given_name,
        last_name as family_name,
        cast(null as date) as birth_date,
        address_line,
        city,
        region as region_code,
        postal_code,
        case when length(country) = 2 then upper(country) end as country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        created_at,
        updated_at
    from profiles

)

select * from shaped
