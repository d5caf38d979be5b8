-- A number of which no user id was told yet is that of the user who is first told with it afterwards: what was agreed
-- to by the one must end when the other stops it, whatever both call themselves.
with sightings as (

    select * from {{ whatsapp_sightings() }} as seen

),

users_of_numbers as (

    select
        phone_digits,
        whatsapp_user_id,
        occurred_at
    from sightings
    where phone_digits is not null and whatsapp_user_id is not null
    qualify row_number() over (
        partition by phone_digits
        order by occurred_at asc nulls last, whatsapp_user_id asc nulls last
    ) = 1

),

observations as (

    select
        contact_id,
        'phone' as identifier_type,
        {{ whatsapp_phone('phone_digits') }} as identifier_value,
        occurred_at
    from sightings
    where phone_digits is not null

    union all

    select
        contact_id,
        'whatsapp_user_id' as identifier_type,
        whatsapp_user_id as identifier_value,
        occurred_at
    from sightings
    where whatsapp_user_id is not null

    union all

    select
        sightings.contact_id,
        'whatsapp_user_id' as identifier_type,
        users_of_numbers.whatsapp_user_id as identifier_value,
        users_of_numbers.occurred_at
    from sightings
    inner join users_of_numbers on sightings.phone_digits = users_of_numbers.phone_digits
    where sightings.whatsapp_user_id is null

),

shaped as (

    select
        'whatsapp' as source_system,
        'whatsapp:' || contact_id as record_key,
        identifier_type,
        identifier_value,
        cast(null as string) as country_code,
        'message' as observed_by,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from observations
    group by contact_id, identifier_type, identifier_value

)

select * from shaped
