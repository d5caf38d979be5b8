-- A household is the persons who share an address and a family name, by where each of them lived last. It is found
-- after the persons: it joins nobody's records. Its key is a keyed hash of address and name, so it stays when members
-- come, go or are written otherwise.
with records as (

    select * from {{ ref('int_identity__records') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

addresses as (

    select * from {{ ref('int_identity__addresses') }}

),

named as (

    select
        record_customers.customer_id,
        records.record_key,
        {{ household_name_key('records.family_name') }} as name_key,
        coalesce(records.updated_at, records.created_at) as said_at
    from records
    inner join record_customers on records.record_key = record_customers.record_key
    inner join customers on record_customers.customer_id = customers.customer_id
    where customers.customer_type = 'person'

),

names as (

    select
        customer_id,
        name_key
    from named
    where name_key is not null
    qualify row_number() over (
        partition by customer_id order by said_at desc nulls last, record_key asc nulls last
    ) = 1

),

located as (

    select
        named.customer_id,
        addresses.standard_address,
        addresses.is_home,
        coalesce(named.name_key, names.name_key) as name_key
    from named
    inner join addresses on named.record_key = addresses.record_key
    left join names on named.customer_id = names.customer_id
    qualify row_number() over (
        partition by named.customer_id order by named.said_at desc nulls last, named.record_key asc nulls last
    ) = 1

),

counted as (

    select
        *,
        count(*) over (partition by standard_address) as persons_at_address,
        count(*) over (partition by standard_address, name_key) as persons_in_household,
        dense_rank() over (partition by standard_address order by name_key asc nulls last) as name_number
    from located

),

judged as (

    select
        customer_id,
        standard_address || '|' || name_key as household_text,
        case
            when not is_home then 'no_home'
            when name_key is null then 'no_family_name'
            when
                max(case when name_key is not null then name_number end) over (partition by standard_address)
                > {{ household_limit('max_family_names_at_address') }} then 'too_many_family_names'
            when persons_at_address > {{ household_limit('max_persons_at_address') }} then 'too_many_persons'
            when persons_in_household > {{ household_limit('max_persons_in_household') }} then 'too_many_of_one_name'
        end as refused_reason
    from counted

),

households as (

    select
        customer_id,
        case when refused_reason is null then {{ household_key('household_text') }} end as household_key,
        refused_reason
    from judged
    union all
    select
        customer_id,
        {{ household_key('customer_id') }} as household_key,
        cast(null as string) as refused_reason
    from customers
    where customer_type = 'household'

)

select * from households
