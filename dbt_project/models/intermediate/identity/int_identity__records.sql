-- Numbered from the oldest record on: the smallest number of a component is its oldest record.
with records as (

    {{ union_shape('customer_records') }}

),

numbers as (

    select
        record_key,
        cast(row_number() over (order by created_at asc nulls last, record_key asc nulls last) as bigint)
            as record_number
    from records

),

-- Many people share a name: each spelling is read once.
names as (

    select given_name as name from records
    union
    select family_name as name from records

),

name_keys as (

    select
        name,
        {{ given_name_key('name') }} as name_key
    from names

),

numbered as (

    select
        records.record_key,
        records.source_system,
        records.source_record_id,
        records.record_type,
        numbers.record_number,
        records.given_name,
        records.family_name,
        given_names.name_key as given_name_key,
        family_names.name_key as family_name_key,
        records.birth_date,
        records.address_line,
        records.city,
        records.region_code,
        records.postal_code,
        records.country_code,
        records.merged_into_record_id,
        records.is_test,
        records.created_at,
        records.updated_at
    from records
    inner join numbers on records.record_key = numbers.record_key
    left join name_keys as given_names on records.given_name = given_names.name
    left join name_keys as family_names on records.family_name = family_names.name

)

select * from numbered
