with source as (

    select * from {{ source('square', 'customers') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as customer_id,
        given_name,
        family_name,
        email_address as email,
        phone_number as phone,
        birthday,
        reference_id,
        creation_source,
        address_line_1 as address_line,
        locality as city,
        administrative_district_level_1 as region_code,
        postal_code,
        country as country_code,
        is_email_unsubscribed,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
