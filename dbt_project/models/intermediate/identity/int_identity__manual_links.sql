-- What people decided, with the records it is about. A decision about a record that isn't there (yet) waits.
with links as (

    select
        link_type,
        record_key_from,
        record_key_to,
        min(reason) as reason,
        min(decided_by) as decided_by,
        min(decided_at) as decided_at
    from {{ ref('manual_identity_links') }}
    group by link_type, record_key_from, record_key_to

),

records as (

    select * from {{ ref('int_identity__records') }}

),

found as (

    select
        links.link_type,
        links.record_key_from,
        links.record_key_to,
        from_records.record_number as record_number_from,
        to_records.record_number as record_number_to,
        from_records.record_key is not null and to_records.record_key is not null as is_in_force,
        links.reason,
        links.decided_by,
        links.decided_at
    from links
    left join records as from_records on links.record_key_from = from_records.record_key
    left join records as to_records on links.record_key_to = to_records.record_key

)

select * from found
