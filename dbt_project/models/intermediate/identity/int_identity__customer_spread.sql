-- How much each customer id gathers: one person has few names and places, so a customer with many is a wrong merge.
with records as (

    select * from {{ ref('int_identity__records') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

joinable as (

    select distinct record_key from {{ ref('int_identity__record_identifiers') }}
    where is_edge and is_accepted

),

customer_records as (

    select
        record_customers.customer_id,
        customers.customer_id is not null as is_known,
        joinable.record_key is not null as is_joinable,
        records.given_name_key,
        records.birth_date,
        {{ household_name_key('records.family_name') }} as family_name_key,
        {{ reduced_postal_code('records.postal_code', 'records.country_code') }} as postal_code
    from record_customers
    inner join records on record_customers.record_key = records.record_key
    left join customers on record_customers.customer_id = customers.customer_id
    left join joinable on records.record_key = joinable.record_key

),

given_names as (
    {{ given_names_of_customers('customer_records') }}
),

spread as (

    select
        customer_records.customer_id,
        bool_or(customer_records.is_known) as is_known,
        bool_or(customer_records.is_joinable) as is_joinable,
        coalesce(max(given_names.given_name_count), 0) as given_name_count,
        count(distinct customer_records.family_name_key) as family_name_count,
        count(distinct customer_records.postal_code) as postal_code_count,
        count(distinct customer_records.birth_date) as birth_date_count,
        count(*) as record_count
    from customer_records
    left join given_names on customer_records.customer_id = given_names.customer_id
    group by customer_records.customer_id

)

select * from spread
