with merge_log as (

    select * from {{ ref('int_identity__merge_log') }}

),

merges as (

    select
        {{ surrogate_key(['from_customer_id', 'to_customer_id', 'assignment_number']) }} as customer_merge_key,
        from_customer_id,
        to_customer_id,
        change_type,
        cause_match_rule,
        cast(record_count as bigint) as record_count,
        assignment_number,
        merged_at
    from merge_log

)

select * from merges
