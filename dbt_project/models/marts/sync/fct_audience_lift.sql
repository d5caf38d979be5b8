-- Intention to treat: whoever was wanted in an audience counts in the arm drawn for them, from then on, reached or not.
-- Only whole windows count, so that both arms had the same time. A changed share is another experiment.
with orders as (

    select * from {{ ref('fct_orders') }}
    where not is_test and not is_cancelled and not is_return

),

windows as (
    {%- for days in var('lift').windows_days %}
        select {{ days }} as window_days {{ 'union all' if not loop.last }}
    {%- endfor %}
),

watched as (

    select
        arms.*,
        windows.window_days,
        {{ dbt.dateadd('day', 'windows.window_days', 'arms.assigned_at') }} as watched_until,
        as_of.as_of
    from {{ ref('fct_holdout_arms') }} as arms
    cross join windows
    cross join {{ ref('int_as_of') }} as as_of

),

experiments as (

    select
        audience,
        holdout_share,
        window_days,
        count(case when is_contaminated then 1 end) as contaminated_count,
        count(case when not_measured_reason is null and watched_until > as_of then 1 end) as open_count,
        min(assigned_at) as first_assigned_at,
        max(assigned_at) as last_assigned_at
    from watched
    group by audience, holdout_share, window_days

),

outcomes as (

    select
        watched.audience,
        watched.holdout_share,
        watched.window_days,
        watched.arm,
        watched.current_customer_id,
        count(orders.order_key) > 0 as is_converter,
        count(orders.order_key) - count(orders.net_sales_amount) as unpriced_order_count,
        coalesce(sum(orders.net_sales_amount), 0) as net_sales_amount
    from watched
    left join orders
        on
            watched.current_customer_id = orders.customer_id
            and watched.assigned_at < orders.ordered_at
            and watched.watched_until >= orders.ordered_at
    where watched.not_measured_reason is null and watched.watched_until <= watched.as_of
    group by
        watched.audience, watched.holdout_share, watched.window_days, watched.arm, watched.current_customer_id

),

estimates as (

    {{ lift_estimates('outcomes', ['audience', 'holdout_share', 'window_days']) }}

),

lift as (

    select
        {{ surrogate_key(['experiments.audience', 'experiments.holdout_share', 'experiments.window_days']) }}
            as audience_lift_key,
        experiments.audience,
        '{{ reporting_currency() }}' as currency_code,
        case when estimates.audience is null then 'no whole window yet' else estimates.missing_interval_reason end
            as missing_interval_reason,
        {%- for name in ['window_days', 'open_count', 'contaminated_count'] %}
            cast(experiments.{{ name }} as bigint) as {{ name }},
        {%- endfor %}
        cast(experiments.holdout_share as decimal(18, 6)) as holdout_share,
        {%- for arm in ['treated', 'holdout'] %}
            {%- for name in ['count', 'converter_count', 'unpriced_order_count'] %}
                cast(coalesce(estimates.{{ arm }}_{{ name }}, 0) as bigint) as {{ arm }}_{{ name }},
            {%- endfor %}
            cast(estimates.{{ arm }}_conversion_rate as decimal(18, 6)) as {{ arm }}_conversion_rate,
            cast(coalesce(estimates.{{ arm }}_net_sales_amount, 0) as decimal(18, 4)) as {{ arm }}_net_sales_amount,
            cast(estimates.{{ arm }}_mean as decimal(18, 4)) as {{ arm }}_per_person_amount,
        {%- endfor %}
        {%- for end in ['', '_low', '_high'] %}
            cast(estimates.conversion_lift{{ end }} as decimal(18, 6)) as conversion_lift{{ end }}_rate,
            cast(estimates.lift{{ end }} as decimal(18, 4)) as lift_per_person{{ end }}_amount,
            cast(estimates.lift{{ end }} * estimates.treated_count as decimal(18, 4))
                as incremental_net_sales{{ end }}_amount,
        {%- endfor %}
        cast({{ safe_divide('conversion_lift', 'holdout_conversion_rate') }} as decimal(18, 6))
            as relative_conversion_lift_rate,
        cast({{ safe_divide('lift', 'holdout_mean') }} as decimal(18, 6)) as relative_lift_rate,
        cast({{ safe_divide('lift', 'treated_mean') }} as decimal(18, 6)) as lift_share,
        experiments.first_assigned_at,
        experiments.last_assigned_at
    from experiments
    left join estimates
        on
            experiments.audience = estimates.audience
            and experiments.holdout_share = estimates.holdout_share
            and experiments.window_days = estimates.window_days

)

select * from lift
