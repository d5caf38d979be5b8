-- What became of ids, read from the map, which forgets nothing: a row where an id first stood on records, and one per
-- build and pair of ids that records moved between.
{{ config(materialized='view') }}

with customer_map as (

    select * from {{ ref('int_identity__customer_map') }}

),

created as (

    select
        cast(null as {{ dbt.type_string() }}) as from_customer_id,
        customer_id as to_customer_id,
        'created' as change_type,
        cast(null as {{ dbt.type_string() }}) as cause_match_rule,
        count(*) as record_count,
        assignment_number,
        min(assigned_at) as changed_at
    from customer_map
    group by customer_id, assignment_number
    qualify row_number() over (partition by customer_id order by assignment_number asc nulls last) = 1

),

moved as (

    select
        previous_customer_id as from_customer_id,
        customer_id as to_customer_id,
        change_type,
        min(cause_match_rule) as cause_match_rule,
        count(*) as record_count,
        assignment_number,
        min(assigned_at) as changed_at
    from customer_map
    where previous_customer_id is not null
    group by previous_customer_id, customer_id, change_type, assignment_number

),

merge_log as (

    select * from created
    union all
    select * from moved

)

select * from merge_log
