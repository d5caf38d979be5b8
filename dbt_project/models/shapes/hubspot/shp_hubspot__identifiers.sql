-- The addresses of a contact that was merged into this one are among its additional ones.
with contacts as (

    select
        *,
        case when length(country) = 2 then upper(country) end as country_code
    from {{ ref('stg_hubspot__contacts') }}
    where not is_deleted and (not is_archived or is_email_opted_out)

),

observations as (

    {%- for type, column in [
        ('hubspot_contact_id', 'contact_id'),
        ('shopify_customer_id', 'shop_customer_id'),
        ('email', 'email'),
        ('phone', 'phone'),
        ('phone', 'mobile_phone'),
    ] %}
        select
            contact_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            country_code,
            created_at,
            updated_at
        from contacts
        union all
    {%- endfor %}
    select
        contacts.contact_id,
        'email' as identifier_type,
        additional.email as identifier_value,
        contacts.country_code,
        contacts.created_at,
        contacts.updated_at
    from contacts
        {{ unnest_lateral(json_text_array('contacts.additional_emails_json'), 'additional', 'email') }}

),

identifiers as (

    select
        'hubspot' as source_system,
        'hubspot:' || contact_id as record_key,
        identifier_type,
        identifier_value,
        max(country_code) as country_code,
        'profile' as observed_by,
        min(created_at) as first_seen_at,
        max(updated_at) as last_seen_at
    from observations
    where identifier_value <> ''
    group by contact_id, identifier_type, identifier_value

)

select * from identifiers
