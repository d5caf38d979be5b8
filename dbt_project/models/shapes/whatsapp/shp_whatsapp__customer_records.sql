-- The name is what people call themselves. Where only a number was told no name was: it is the first that was told of
-- the same number afterwards.
with sightings as (

    select * from {{ whatsapp_sightings() }} as seen

),

contacts as (

    select
        contact_id,
        max(case when whatsapp_user_id is null then phone_digits end) as only_number,
        min(occurred_at) as created_at,
        max(occurred_at) as updated_at
    from sightings
    group by contact_id

),

own_names as (

    select
        contact_id,
        profile_name
    from sightings
    where profile_name is not null
    qualify row_number() over (
        partition by contact_id
        order by occurred_at desc nulls last, profile_name asc nulls last
    ) = 1

),

names_of_numbers as (

    select
        phone_digits,
        profile_name
    from sightings
    where profile_name is not null and phone_digits is not null
    qualify row_number() over (
        partition by phone_digits
        order by occurred_at asc nulls last, profile_name asc nulls last
    ) = 1

),

named as (

    select
        contacts.*,
        coalesce(own_names.profile_name, names_of_numbers.profile_name) as full_name
    from contacts
    left join own_names on contacts.contact_id = own_names.contact_id
    left join names_of_numbers on contacts.only_number = names_of_numbers.phone_digits

),

shaped as (

    select
        'whatsapp' as source_system,
        contact_id as source_record_id,
        'whatsapp:' || contact_id as record_key,
        'contact' as record_type,
        split_part(full_name, ' ', 1) as given_name,
        nullif(trim(substr(full_name, length(split_part(full_name, ' ', 1)) + 1)), '') as family_name,
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
