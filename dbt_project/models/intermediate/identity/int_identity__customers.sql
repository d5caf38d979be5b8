with records as (

    select * from {{ ref('int_identity__records') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

counted as (

    select
        record_customers.customer_id,
        case when bool_or(records.record_type = 'household') then 'household' else 'person' end as customer_type,
        count(*) as record_count,
        count(distinct records.source_system) as source_system_count,
        count(case when records.record_type in ('customer', 'household') then 1 end) as account_count,
        count(case when records.record_type = 'guest_checkout' then 1 end) as guest_checkout_count,
        count(case when records.record_type = 'profile' then 1 end) as profile_count,
        count(case when records.record_type = 'visitor' then 1 end) as visitor_count,
        min(records.created_at) as first_seen_at,
        max(coalesce(records.updated_at, records.created_at)) as last_seen_at
    from records
    inner join record_customers on records.record_key = record_customers.record_key
    group by record_customers.customer_id
    -- A visitor whom nothing ties to a vendor's record is no customer.
    having count(case when records.record_type <> 'visitor' then 1 end) > 0

),

identified as (

    select
        record_customers.customer_id,
        bool_or(record_identifiers.identifier_type = 'email') as has_email,
        bool_or(record_identifiers.identifier_type = 'phone') as has_phone
    from record_identifiers
    inner join record_customers on record_identifiers.record_key = record_customers.record_key
    where record_identifiers.is_accepted
    group by record_customers.customer_id

),

places as (

    select
        record_customers.customer_id,
        records.region_code,
        records.country_code
    from records
    inner join record_customers on records.record_key = record_customers.record_key
    where records.country_code is not null
    qualify row_number() over (
        partition by record_customers.customer_id
        order by records.updated_at desc nulls last, records.record_key asc nulls last
    ) = 1

),

customers as (

    select
        counted.*,
        places.country_code,
        places.region_code,
        coalesce(identified.has_email, false) as has_email,
        coalesce(identified.has_phone, false) as has_phone
    from counted
    left join identified on counted.customer_id = identified.customer_id
    left join places on counted.customer_id = places.customer_id

)

select * from customers
