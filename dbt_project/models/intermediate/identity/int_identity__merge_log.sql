-- A row per build and pair of ids that records moved between; read from the map, which forgets nothing.
with customer_map as (

    select * from {{ ref('int_identity__customer_map') }}

),

merge_log as (

    select
        previous_customer_id as from_customer_id,
        customer_id as to_customer_id,
        change_type,
        min(cause_match_rule) as cause_match_rule,
        count(*) as record_count,
        assignment_number,
        min(assigned_at) as merged_at
    from customer_map
    where previous_customer_id is not null
    group by previous_customer_id, customer_id, change_type, assignment_number

)

select * from merge_log
