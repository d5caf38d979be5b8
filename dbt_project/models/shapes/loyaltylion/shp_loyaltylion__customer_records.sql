with members as (

    select * from {{ ref('stg_loyaltylion__customers') }}

),

shaped as (

    select
        'loyaltylion' as source_system,
        member_id as source_record_id,
        'loyaltylion:' || member_id as record_key,
        case
            when is_guest then 'guest_member'
            when is_enrolled then 'member'
            else 'customer'
        end as record_type,
        cast(null as string) as given_name,
        cast(null as string) as family_name,
        case when birthday like '____-__-__' and birthday >= '1900' then cast(birthday as date) end as birth_date,
        cast(null as string) as address_line,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as postal_code,
        cast(null as string) as country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        created_at,
        updated_at
    from members

)

select * from shaped
