with source as (

    select * from {{ source('hubspot', 'contacts') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as contact_id,
        email,
        '["' || replace(replace(replace(additional_emails, ' ', ''), '"', ''), ';', '","') || '"]'
            as additional_emails_json,
        first_name,
        last_name,
        phone,
        mobile_phone,
        address_line,
        city,
        region,
        postal_code,
        country,
        shop_customer_id,
        '["' || replace(replace(merged_ids, ' ', ''), ';', '","') || '"]' as merged_contact_ids_json,
        made_by,
        made_by_id,
        coalesce(is_email_opted_out, false) as is_email_opted_out,
        coalesce(is_archived, false) as is_archived,
        coalesce(is_deleted, false) as is_deleted,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
