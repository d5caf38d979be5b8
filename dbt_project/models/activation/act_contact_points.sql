-- The one e-mail and phone that tools get for a customer, the newest name and place beside them, and the ids by which
-- tools that are sources too know the customer themselves: all of a tool's, since a person may have several accounts.
{%- set shopify_id = "case when source_system = 'shopify' then source_record_id end" %}
{%- set zendesk_id = "case when source_system = 'zendesk' then source_record_id end" %}
with best_addresses as (

    select * from {{ ref('int_consent__contact_addresses') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

named as (

    select
        record_customers.customer_id,
        records.*
    from records
    inner join record_customers on records.record_key = record_customers.record_key
    where records.record_type <> 'visitor'

),

best_names as (

    select
        customer_id,
        given_name,
        family_name
    from named
    where given_name is not null
    qualify row_number() over (
        partition by customer_id order by updated_at desc nulls last, record_key asc nulls last
    ) = 1

),

best_places as (

    select
        customer_id,
        city,
        region_code,
        postal_code,
        country_code
    from named
    where city is not null or postal_code is not null
    qualify row_number() over (
        partition by customer_id order by updated_at desc nulls last, record_key asc nulls last
    ) = 1

),

tool_ids as (

    select
        customer_id,
        {{ array_text(agg_ordered(shopify_id, 'record_key'), ',') }} as shopify_ids,
        {{ array_text(agg_ordered(zendesk_id, 'record_key'), ',') }} as zendesk_ids
    from record_customers
    where
        customer_id is not null
        and (
            (source_system = 'shopify' and record_type = 'customer')
            or (source_system = 'zendesk' and record_type = 'end_user')
        )
    group by customer_id

),

contact_points as (

    select
        customers.customer_id,
        emails.contact_value as email,
        phones.contact_value as phone,
        best_names.given_name,
        best_names.family_name,
        best_places.city,
        best_places.region_code,
        best_places.postal_code,
        best_places.country_code,
        nullif(tool_ids.shopify_ids, '') as shopify_ids,
        nullif(tool_ids.zendesk_ids, '') as zendesk_ids
    from (select distinct customer_id from best_addresses) as customers
    left join
        best_addresses as emails
        on customers.customer_id = emails.customer_id and emails.identifier_type = 'email'
    left join
        best_addresses as phones
        on customers.customer_id = phones.customer_id and phones.identifier_type = 'phone'
    left join best_names on customers.customer_id = best_names.customer_id
    left join best_places on customers.customer_id = best_places.customer_id
    left join tool_ids on customers.customer_id = tool_ids.customer_id

)

select * from contact_points
