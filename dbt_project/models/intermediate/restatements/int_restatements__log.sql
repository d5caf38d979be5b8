-- What a build changed of what the former one told, and why: a row per figure, day and cause; appended, never rebuilt.
-- The change of an order is taken apart in a fixed order and each part is the difference to the step before it, so parts
-- sum to the change: its refunds are put in place (dealt by the former credit), then the rest of its money, then its
-- path. Where its credit stayed, the last of its money's steps takes what rounding leaves.
{{ config(full_refresh=false, **incremental_config('restatement_number')) }}
{%- set steps = [('refund_amount', '0', 'refund_cause'), ('order_amount', '0', 'order_cause'),
                 ('path_amount', 'now_credit - was_credit', 'model_cause')] %}
{%- set compared = {'': {}} %}
{%- do compared.update(attribution_models()) %}
with former as ({{ former_figures() }}),

this_build as ({{ present_build() }}),

builds as (

    select
        former.updated_at as former_as_of,
        former.assignment_number as former_assignment_number,
        former.restatement_number + 1 as restatement_number,
        this_build.as_of,
        case
            when former.rules_checksum <> this_build.rules_checksum then 'rule_change'
            when former.code_checksum <> this_build.code_checksum then 'code_change'
        end as project_cause
    from former
    cross join this_build
    where former.figure_type = 'build'

),

-- The first build has nothing to compare with, and no row here.
present as (

    select figures.*
    from ({{ present_figures() }}) as figures
    cross join builds

),

pairs as (

    select
        coalesce(present.figure_type, former.figure_type) as figure_type,
        coalesce(present.order_key, former.order_key) as order_key,
        coalesce(present.channel, former.channel) as channel,
        {%- for column in restatement_columns() if column not in ('figure_type', 'order_key', 'channel') %}
        former.{{ column }} as was_{{ column }},
        present.{{ column }} as now_{{ column }},
        {%- endfor %}
        former.order_key is not null as was_there,
        present.order_key is not null as is_there
    from present
    full join (select * from former where figure_type <> 'build') as former
        on
            present.figure_type = former.figure_type
            and present.order_key = former.order_key
            and present.channel = former.channel

),

marks as ({{ restatement_marks() }}),

moved_customers as ({{ restatement_moved_customers() }}),

late_orders as ({{ restatement_late_orders() }}),

orders as ({{ restatement_orders() }}),

-- Figures that changed, and all others of an order whose money did: these were dealt together.
figures as (
    {%- for name, model in compared.items() %}
    {%- set amount = name ~ '_revenue' if name else 'net_sales_amount' %}
    {%- set credit = ['was_' ~ name ~ '_credit', 'now_' ~ name ~ '_credit'] if name
        else ['case when pairs.was_there then 1 end', 'case when pairs.is_there then 1 end'] %}
    select
        {{ "'attributed_revenue'" if name else "'net_sales'" }} as metric,
        cast({{ "'" ~ name ~ "'" if name else 'null' }} as string) as attribution_model,
        {{ (model.is_additive | default(true)) | lower }} as is_additive,
        {{ (model.is_estimated | default(false)) | lower }} as is_estimated,
        pairs.figure_type,
        pairs.order_key,
        pairs.channel,
        coalesce(pairs.was_{{ amount }}, 0) as was_amount,
        coalesce(pairs.now_{{ amount }}, 0) as now_amount,
        cast(coalesce({{ credit[0] }}, 0) as decimal(18, 12)) as was_credit,
        cast(coalesce({{ credit[1] }}, 0) as decimal(18, 12)) as now_credit
    from pairs
    inner join orders on pairs.order_key = orders.order_key
    where
        pairs.figure_type = '{{ 'credit' if name else 'order' }}'
        and (
            pairs.was_{{ amount }} is distinct from pairs.now_{{ amount }}
            or {{ credit[0] }} is distinct from {{ credit[1] }}
            or pairs.was_metric_date is distinct from pairs.now_metric_date
            or orders.was_net_sales <> orders.now_net_sales
            or orders.was_refunded <> orders.now_refunded
        )
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

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
        cast(sum(parts.credit_change) as decimal(18, 12)) as credit_change,
        cast(count(distinct parts.order_key) as bigint) as order_count,
        max(builds.former_as_of) as former_as_of,
        max(builds.as_of) as restated_as_of,
        builds.restatement_number
    from parts
    cross join builds
    group by
        builds.restatement_number, parts.metric, parts.attribution_model, parts.is_additive, parts.channel,
        parts.metric_date, parts.cause, parts.currency_code
    having sum(parts.change_amount) <> 0 or sum(parts.credit_change) <> 0

)

select * from log
