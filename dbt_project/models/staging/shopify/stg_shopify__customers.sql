with source as (

    select * from {{ source('shopify', 'customers') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as customer_id,
        first_name,
        last_name,
        email,
        phone,
        email_marketing_state,
        email_marketing_opt_in_level,
        sms_marketing_state,
        state as account_state,
        tags as tags_json,
        address1 as address_line,
        city,
        province_code,
        country_code,
        zip as postal_code,
        is_verified_email,
        is_data_sale_opt_out,
        cast(email_marketing_updated_at as timestamp) as email_marketing_updated_at,
        cast(sms_marketing_updated_at as timestamp) as sms_marketing_updated_at,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
