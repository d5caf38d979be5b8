-- An archived contact is no record any more, unless it said no to e-mail: a no outlives the contact. One that was
-- merged into another keeps its row from before; the other one names it.
with contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}
    where not is_deleted and (not is_archived or is_email_opted_out)

),

named_winners as (

    select
        merged.contact_id,
        contacts.contact_id as merged_into_contact_id,
        contacts.updated_at
    from contacts
        {{ unnest_lateral(json_text_array('contacts.merged_contact_ids_json'), 'merged', 'contact_id') }}

),

winners as (

    select
        contact_id,
        merged_into_contact_id
    from named_winners
    qualify row_number() over (
        partition by contact_id
        order by updated_at desc nulls last, merged_into_contact_id desc nulls last
    ) = 1

),

shaped as (

    select
        'hubspot' as source_system,
        contacts.contact_id as source_record_id,
        'hubspot:' || contacts.contact_id as record_key,
        'contact' as record_type,
        contacts.first_name as given_name,
        contacts.last_name as family_name,
        cast(null as date) as birth_date,
        contacts.address_line,
        contacts.city,
        contacts.region as region_code,
        contacts.postal_code,
        case when length(contacts.country) = 2 then upper(contacts.country) end as country_code,
        winners.merged_into_contact_id as merged_into_record_id,
        false as is_test,
        contacts.created_at,
        contacts.updated_at
    from contacts
    left join winners on contacts.contact_id = winners.contact_id

)

select * from shaped
