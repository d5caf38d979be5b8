-- What speaks against taking connected records for one customer, with the records that say so. Without a row here they
-- are one, and most always are.
with connected_records as (

    select * from {{ ref('int_identity__connected_records') }}

),

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}

),

manual_links as (

    select * from {{ ref('int_identity__manual_links') }}
    where link_type = 'exclude' and is_in_force

),

excluded as (

    {%- for record_number in ['record_number_from', 'record_number_to'] %}
        select
            from_records.connected_number,
            'manual_exclude' as conflict_reason,
            manual_links.record_key_from || ' and ' || manual_links.record_key_to as conflict_key,
            manual_links.{{ record_number }} as record_number,
            cast(manual_links.{{ record_number }} as string) as conflict_value,
            0 as max_values,
            2 as value_count
        from manual_links
        inner join connected_records as from_records on manual_links.record_number_from = from_records.record_number
        inner join connected_records as to_records
            on
                manual_links.record_number_to = to_records.record_number
                and from_records.connected_number = to_records.connected_number
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

limited as (

    select
        connected_records.connected_number,
        connected_records.record_number,
        record_identifiers.identifier_type,
        record_identifiers.identifier_value,
        rules.max_values_per_customer
    from record_identifiers
    inner join rules
        on record_identifiers.identifier_type = rules.identifier_type and rules.max_values_per_customer is not null
    inner join connected_records on record_identifiers.record_key = connected_records.record_key
    where record_identifiers.is_accepted and connected_records.record_count > 1

),

over_limit as (

    select
        connected_number,
        identifier_type,
        count(distinct identifier_value) as value_count
    from limited
    group by connected_number, identifier_type
    having count(distinct identifier_value) > min(max_values_per_customer)

),

oversize as (

    select
        connected_number,
        'too_many_records' as conflict_reason,
        'record' as conflict_key,
        min(record_number) as record_number,
        cast(null as string) as conflict_value,
        {{ max_records_per_customer() }} as max_values,
        min(record_count) as value_count
    from connected_records
    where record_count > {{ max_records_per_customer() }}
    group by connected_number

),

conflicts as (

    select * from excluded
    union all
    select
        limited.connected_number,
        'too_many_values' as conflict_reason,
        limited.identifier_type as conflict_key,
        limited.record_number,
        limited.identifier_value as conflict_value,
        limited.max_values_per_customer as max_values,
        over_limit.value_count
    from limited
    inner join over_limit
        on
            limited.connected_number = over_limit.connected_number
            and limited.identifier_type = over_limit.identifier_type
    union all
    select * from oversize

)

select * from conflicts
