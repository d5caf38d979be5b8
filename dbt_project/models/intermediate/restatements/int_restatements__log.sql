-- What a build changed of what the former one told, and why: a row per figure, day and cause; appended, never rebuilt.
-- The change of an order is taken apart in a fixed order, each part the difference to the step before it, so that they
-- sum to the change: its refunds are put in place (dealt by the former credit), then the rest of its money, then its
-- path. Where its credit stayed, the last of its money's steps takes what rounding leaves.
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail'
) }}
{%- set steps = [('refund_amount', '0', 'refund_cause'), ('order_amount', '0', 'order_cause'),
                 ('path_amount', 'now_credit - was_credit', 'model_cause')] %}
with former as ({{ former_figures() }}),

this_build as ({{ present_build() }}),

numbers as ({{ next_restatement_number() }}),

builds as (

    select
        former.updated_at as former_as_of,
        former.assignment_number as former_assignment_number,
        former.restatement_number as former_restatement_number,
        numbers.restatement_number,
        this_build.as_of,
        case
            when former.rules_checksum <> this_build.rules_checksum then 'rule_change'
            when former.code_checksum <> this_build.code_checksum then 'code_change'
        end as project_cause
    from former
    cross join this_build
    cross join numbers
    where former.figure_type = 'build'

),

-- The first build has nothing to compare with, and no row here.
present as (

    select figures.*
    from ({{ present_figures() }}) as figures
    cross join builds

),

every_pair as ({{ restatement_pairs() }}),

-- Most orders stand as they were: the rest of the work is for those that don't.
changed_orders as ({{ restatement_changed_orders() }}),

pairs as (

    select every_pair.*
    from every_pair
    inner join changed_orders on every_pair.order_key = changed_orders.order_key

),

marks as ({{ restatement_marks() }}),

moved_customers as ({{ restatement_moved_customers() }}),

late_orders as ({{ restatement_late_orders() }}),

orders as ({{ restatement_orders() }}),

figures as ({{ restatement_compared() }}),

dealt as ({{ restatement_dealt() }}),

parts as ({{ restatement_parts(steps) }}),

log as (

    select
        {{ surrogate_key([
            'builds.restatement_number', 'parts.metric', 'parts.attribution_model', 'parts.channel',
            'parts.metric_date', 'parts.currency_code', 'parts.cause'
        ]) }} as restatement_key,
        parts.metric,
        parts.attribution_model,
        parts.is_additive,
        parts.channel,
        parts.metric_date,
        parts.cause,
        parts.currency_code,
        cast(sum(parts.change_amount) as decimal(18, 4)) as change_amount,
        cast(sum(parts.change_credit) as decimal(18, 12)) as change_credit,
        cast(count(distinct parts.order_key) as bigint) as order_count,
        max(builds.former_as_of) as former_as_of,
        max(builds.as_of) as restated_as_of,
        max(builds.former_restatement_number) as former_restatement_number,
        builds.restatement_number
    from parts
    cross join builds
    group by
        builds.restatement_number, parts.metric, parts.attribution_model, parts.is_additive, parts.channel,
        parts.metric_date, parts.cause, parts.currency_code
    having sum(parts.change_amount) <> 0 or sum(parts.change_credit) <> 0

)

select * from log
