-- Visits of people by the furthest step that they came to; a visit that skipped a step (an order without a cart seen)
-- came to it nevertheless.
{% set steps = ['session', 'product_view', 'cart_addition', 'checkout', 'order'] %}
with sessions as (

    select
        started_date,
        device_type,
        channel,
        case
            {%- for step in steps[1:] | reverse %}
                when {{ step }}_count > 0 then {{ 6 - loop.index }}
            {%- endfor %}
            else 1
        end as furthest_step
    from {{ ref('fct_sessions') }}
    where not is_bot and not is_test_host

),

steps as (

    {%- for step in steps %}
        select
            cast({{ loop.index }} as bigint) as step_number,
            '{{ step }}' as funnel_step
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

fct_funnel_steps as (

    select
        {{ surrogate_key(['sessions.started_date', 'sessions.device_type', 'sessions.channel', 'steps.step_number']) }}
            as funnel_step_key,
        coalesce(sessions.device_type, 'unknown') as device_type,
        sessions.channel,
        steps.step_number,
        steps.funnel_step,
        count(*) as session_count,
        count(case when sessions.furthest_step = steps.step_number then 1 end) as dropped_session_count,
        sessions.started_date
    from sessions
    inner join steps on sessions.furthest_step >= steps.step_number
    group by sessions.started_date, sessions.device_type, sessions.channel, steps.step_number, steps.funnel_step

)

select * from fct_funnel_steps
