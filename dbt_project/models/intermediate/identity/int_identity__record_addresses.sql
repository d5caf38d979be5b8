-- Where each record lives, and whether that says anything: an address that carries more names than a household has is
-- an office, a dormitory or a parcel shop. Evidence beside a name, for scored edges; never an edge of its own.
with addresses as (

    select * from {{ ref('int_identity__addresses') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}
    where identifier_type = 'address'

),

counted as (

    select
        addresses.standard_address,
        count(*) as record_count,
        count(distinct records.given_name_key) as given_name_count,
        count(distinct records.family_name_key) as family_name_count
    from addresses
    inner join records on addresses.record_key = records.record_key
    group by addresses.standard_address

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
        addresses.record_key,
        addresses.standard_address,
        judged.refused_reason is null as is_accepted,
        judged.refused_reason,
        judged.record_count,
        judged.given_name_count,
        judged.family_name_count
    from addresses
    inner join judged on addresses.standard_address = judged.standard_address

)

select * from record_addresses
