-- The memory of ids: a row whenever a record gets a customer_id or another one; the newest row of a record counts.
-- Append only and never rebuilt (full_refresh: false), for ids that tools were told can't be derived again.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}

with components as (

    select * from {{ ref('int_identity__components') }}

),

history as (

    {{ customer_history() }}

),

this_build as (

    select
        (select cast(coalesce(max(assignment_number), 0) + 1 as bigint) from history) as assignment_number,
        (select as_of from {{ ref('int_as_of') }}) as assigned_at

),

ids as (

    select
        customer_id,
        min(assignment_number) as first_assignment_number
    from history
    group by customer_id

),

known as (

    select
        components.record_key,
        components.record_number,
        components.component_number,
        history.customer_id
    from components
    inner join history on components.record_key = history.record_key
    qualify row_number() over (partition by history.record_key order by history.assignment_number desc nulls last) = 1

),

kept as {{ kept_ids() }},

derived as (

    select
        component_number,
        record_key,
        'c_' || substr({{ sha256_hex('record_key') }}, 1, 16) as customer_id
    from components
    where record_number = component_number

),

assigned as (

    select
        components.record_key,
        known.customer_id as previous_customer_id,
        case
            when kept.customer_id is not null then kept.customer_id
            when ids.customer_id is null then derived.customer_id
            -- The part that lost its id to another: the derived id is that very one.
            else
                'c_'
                || substr(
                    {{ sha256_hex("derived.record_key || ':' || cast(this_build.assignment_number as string)") }}, 1, 16
                )
        end as customer_id,
        this_build.assignment_number,
        this_build.assigned_at
    from components
    cross join this_build
    inner join derived on components.component_number = derived.component_number
    left join kept on components.component_number = kept.component_number
    left join ids on derived.customer_id = ids.customer_id
    left join known on components.record_key = known.record_key

),

changed as (

    select * from assigned
    where previous_customer_id is distinct from customer_id

),

causes as (
    {{ merge_causes(ref('int_identity__edges')) }}
)

select
    changed.record_key,
    changed.customer_id,
    changed.previous_customer_id,
    case
        when changed.previous_customer_id is null then 'new'
        when still_held.customer_id is not null then 'split'
        else 'merge'
    end as change_type,
    case when still_held.customer_id is null then causes.match_rule end as cause_match_rule,
    changed.assignment_number,
    changed.assigned_at
from changed
left join kept as still_held on changed.previous_customer_id = still_held.customer_id
left join causes on changed.previous_customer_id = causes.customer_id
