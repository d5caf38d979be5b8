-- The same money under each convention of dating it: on the day of the order, of the touch, or (what a refund takes)
-- of the refund. Each row says on which day the order's convention has it too, so the rows of any period tell why two
-- series differ.
{%- set timings = [
    ('order_date', 'credits', 'converted_date', 'attributed_revenue'),
    ('touch_date', 'credits', 'touched_date', 'attributed_revenue'),
    ('refund_date', 'credits', 'converted_date', 'attributed_revenue'),
    ('refund_date', 'refunds', 'converted_date', 'attributed_refund_amount'),
    ('refund_date', 'refunds', 'refund_date', '-attributed_refund_amount'),
] %}
with credits as (

    select
        attribution_model,
        channel,
        currency_code,
        converted_date,
        touched_date,
        sum(attributed_revenue) as attributed_revenue
    from {{ ref('fct_attribution') }}
    where is_additive and conversion_type <> 'sign_up'
    group by attribution_model, channel, currency_code, converted_date, touched_date

),

refunds as (

    select * from {{ ref('fct_attribution_refunds') }}
    where is_additive

),

dated as (

    {%- for timing, source, day, amount in timings %}
        select
            attribution_model,
            channel,
            currency_code,
            '{{ timing }}' as revenue_timing,
            converted_date,
            {{ day }} as credited_date,
            {{ amount }} as attributed_revenue
        from {{ source }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

fct_attribution_timings as (

    select
        {{ surrogate_key(['attribution_model', 'channel', 'revenue_timing', 'converted_date', 'credited_date']) }}
            as attribution_timing_key,
        attribution_model,
        channel,
        revenue_timing,
        currency_code,
        cast(sum(attributed_revenue) as decimal(18, 4)) as attributed_revenue,
        converted_date,
        credited_date
    from dated
    group by attribution_model, channel, revenue_timing, currency_code, converted_date, credited_date

)

select * from fct_attribution_timings
