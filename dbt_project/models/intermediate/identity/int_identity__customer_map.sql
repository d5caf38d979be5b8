-- The memory of ids: a row whenever a record gets a customer_id or another one; the newest row of a record counts.
-- Append only and never rebuilt (full_refresh: false), for ids that tools were told can't be derived again.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}

with components as (

    select * from {{ ref('int_identity__components') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

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

held as {{ held_ids() }},

known as {{ known_ids() }},

kept as {{ kept_ids() }},

revived as {{ revived_ids() }},

fresh as {{ fresh_ids() }},

component_ids as (

    select * from kept
    union all
    select * from revived
    union all
    select * from fresh

),

changed as (

    select
        components.record_key,
        known.customer_id as previous_customer_id,
        component_ids.customer_id
    from components
    inner join component_ids on components.component_number = component_ids.component_number
    left join known on components.record_key = known.record_key
    where known.customer_id is distinct from component_ids.customer_id

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
    this_build.assignment_number,
    this_build.assigned_at,
    -- A merge holds from the time of its evidence; records that should never have been together never were.
    case
        when changed.previous_customer_id is null or still_held.customer_id is not null then records.created_at
        else causes.first_seen_at
    end as valid_from
from changed
cross join this_build
inner join records on changed.record_key = records.record_key
left join component_ids as still_held on changed.previous_customer_id = still_held.customer_id
left join causes on changed.previous_customer_id = causes.customer_id
