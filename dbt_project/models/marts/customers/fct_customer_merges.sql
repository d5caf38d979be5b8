with merge_log as (

    select * from {{ ref('int_identity__merge_log') }}

),

changes as (

    select
        {{ surrogate_key(['change_type', 'from_customer_id', 'to_customer_id', 'assignment_number']) }}
            as customer_merge_key,
        from_customer_id,
        to_customer_id,
        change_type,
        cause_match_rule,
        cast(record_count as bigint) as record_count,
        assignment_number,
        changed_at
    from merge_log

)

select * from changes
