-- Where each record lives, written one way, and whether that says anything: an address that carries more names than a
-- household has is an office, a dormitory or a parcel shop. Evidence beside a name, for households and scored edges;
-- never an edge of its own.
with records as (

    select * from {{ ref('int_identity__records') }}
    where trim(address_line) <> ''

),

rules as (

    select * from {{ ref('int_identity__rules') }}
    where identifier_type = 'address'

),

written as (

    select
        record_key,
        given_name_key,
        family_name_key,
        {{ postal_code_key('postal_code', 'country_code') }} as postal_code_key,
        {{ address_line_key('address_line') }} || '|'
        || coalesce({{ postal_code_key('postal_code', 'country_code') }}, lower(trim(city)), '') || '|'
        || upper(coalesce(country_code, '{{ default_country() }}')) as address_key
    from records

),

counted as (

    select
        written.address_key,
        count(*) as record_count,
        count(distinct written.given_name_key) as given_name_count,
        count(distinct written.family_name_key) as family_name_count
    from written
    group by written.address_key

),

judged as (

    select
        counted.*,
        case
            when counted.given_name_count > rules.max_given_names then 'too_many_given_names'
            when counted.family_name_count > rules.max_family_names then 'too_many_family_names'
            when counted.record_count > rules.max_records then 'too_many_records'
        end as refused_reason
    from counted
    left join rules on rules.identifier_type = 'address'

),

record_addresses as (

    select
        written.record_key,
        written.address_key,
        written.postal_code_key,
        judged.refused_reason is null as is_accepted,
        judged.refused_reason,
        judged.record_count,
        judged.given_name_count,
        judged.family_name_count
    from written
    inner join judged on written.address_key = judged.address_key

)

select * from record_addresses
