with records as (

    select * from {{ ref('int_identity__records') }}

),

customer_map as (

    select * from {{ ref('int_identity__customer_map') }}

),

current_map as (

    select
        record_key,
        customer_id
    from customer_map
    qualify row_number() over (partition by record_key order by assignment_number desc nulls last) = 1

),

record_customers as (

    select
        records.record_key,
        records.source_system,
        records.source_record_id,
        records.record_type,
        current_map.customer_id
    from records
    left join current_map on records.record_key = current_map.record_key

)

select * from record_customers
