-- The name is one text. Zendesk makes one up where it knows none: of a caller's number, or of what stands before the @;
-- such a name is nobody's.
with users as (

    select
        *,
        trim(name) as full_name
    from {{ ref('stg_zendesk__users') }}
    where role = 'end-user' and not is_permanently_deleted

),

named as (

    select
        *,
        case
            when
                full_name <> ''
                and {{ regexp_replace_all('full_name', '[0-9@]', '') }} = full_name
                and lower(full_name) <> coalesce(lower(split_part(email, '@', 1)), '')
                and lower(full_name) not in ('visitor', 'caller', 'unknown', 'anonymous')
                then full_name
        end as given_by_person
    from users

),

shaped as (

    select
        'zendesk' as source_system,
        user_id as source_record_id,
        'zendesk:' || user_id as record_key,
        'end_user' as record_type,
        split_part(given_by_person, ' ', 1) as given_name,
        nullif(trim(substr(given_by_person, length(split_part(given_by_person, ' ', 1)) + 1)), '') as family_name,
        cast(null as date) as birth_date,
        cast(null as string) as address_line,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as postal_code,
        cast(null as string) as country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        created_at,
        updated_at
    from named

)

select * from shaped
