-- A holdout says what an audience brought, a model of attribution what its channels get credit for; the quotient is
-- how far that credit may be trusted. Credit of an audience is that of touches over the channels it is sent to, after
-- somebody was wanted in it: the factor is of the persons and windows that the lift was measured on, applied to all.
with arms as (

    select * from {{ ref('fct_holdout_arms') }}
    where arm = 'treated' and not_measured_reason is null

),

lifts as (

    select * from {{ ref('fct_audience_lift') }}

),

routes as (

    select distinct
        audience,
        case when channel = 'ads' then 'ads:' || destination else channel end as reach
    from ({{ audience_routes() }}) as told

),

credits as (

    select
        attribution.customer_id,
        attribution.attribution_model,
        attribution.attributed_revenue,
        attribution.touched_at,
        attribution.converted_at,
        coalesce('ads:' || ad_touchpoints.platform, attribution.channel) as reach
    from {{ ref('fct_attribution') }} as attribution
    left join {{ ref('int_ads__touchpoints') }} as ad_touchpoints
        on attribution.touchpoint_id = ad_touchpoints.touchpoint_id
    where attribution.is_additive and attribution.touchpoint_id is not null

),

-- One row per lift, member and credited touch: whether it lies in a window that the lift was measured on.
credited as (

    select
        lifts.audience_lift_key,
        credits.attribution_model,
        credits.attributed_revenue,
        {{ dbt.dateadd('day', 'lifts.window_days', 'arms.assigned_at') }} <= as_of.as_of
        and {{ dbt.dateadd('day', 'lifts.window_days', 'arms.assigned_at') }} >= credits.converted_at as is_measured
    from arms
    inner join lifts on arms.audience = lifts.audience and arms.holdout_share = lifts.holdout_share
    inner join routes on arms.audience = routes.audience
    inner join credits
        on
            arms.current_customer_id = credits.customer_id
            and routes.reach = credits.reach
            and arms.assigned_at < credits.touched_at
    cross join {{ ref('int_as_of') }} as as_of

),

summed as (

    select
        audience_lift_key,
        attribution_model,
        sum(attributed_revenue) as credited_amount,
        sum(case when is_measured then attributed_revenue else 0 end) as window_credited_amount
    from credited
    group by audience_lift_key, attribution_model

),

models as (

    select distinct attribution_model from credits

),

calibrated as (

    select
        {{ surrogate_key(['lifts.audience_lift_key', 'models.attribution_model']) }} as lift_calibration_key,
        lifts.audience,
        models.attribution_model,
        lifts.currency_code,
        case
            when coalesce(summed.window_credited_amount, 0) <= 0 then 'no credit' else lifts.missing_interval_reason
        end as missing_factor_reason,
        lifts.window_days,
        lifts.holdout_share,
        {%- for end in ['', '_low', '_high'] %}
            {%- set amount = 'incremental_net_sales' ~ end ~ '_amount' %}
            lifts.{{ amount }},
            case
                when lifts.missing_interval_reason is null and summed.window_credited_amount > 0
                    then cast(lifts.{{ amount }} / summed.window_credited_amount as decimal(18, 6))
            end as calibration{{ end }}_factor,
        {%- endfor %}
        cast(coalesce(summed.window_credited_amount, 0) as decimal(18, 4)) as window_credited_amount,
        cast(coalesce(summed.credited_amount, 0) as decimal(18, 4)) as credited_amount
    from lifts
    cross join models
    left join summed
        on lifts.audience_lift_key = summed.audience_lift_key and models.attribution_model = summed.attribution_model

),

told as (

    select
        *,
        cast(credited_amount * calibration_factor as decimal(18, 4)) as calibrated_amount
    from calibrated

)

select * from told
