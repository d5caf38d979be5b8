-- The same money under each convention of dating it: on the day of the order, of the touch, or (what a refund takes)
-- of the refund. Each row says on which day the order's convention has it too, so the rows of any period tell why two
-- series differ.
with attribution as (

    select * from {{ ref('fct_attribution') }}
    where is_additive

),

refunds as (

    select * from {{ ref('fct_attribution_refunds') }}
    where is_additive

),

dated as (

    select
        attribution_model,
        channel,
        currency_code,
        'order_date' as revenue_timing,
        converted_date,
        converted_date as credited_date,
        attributed_revenue
    from attribution
    union all
    select
        attribution_model,
        channel,
        currency_code,
        'touch_date' as revenue_timing,
        converted_date,
        touched_date as credited_date,
        attributed_revenue
    from attribution
    union all
    select
        attribution_model,
        channel,
        currency_code,
        'refund_date' as revenue_timing,
        converted_date,
        converted_date as credited_date,
        attributed_revenue
    from attribution
    union all
    select
        attribution_model,
        channel,
        currency_code,
        'refund_date' as revenue_timing,
        converted_date,
        converted_date as credited_date,
        attributed_refund_amount as attributed_revenue
    from refunds
    union all
    select
        attribution_model,
        channel,
        currency_code,
        'refund_date' as revenue_timing,
        converted_date,
        refund_date as credited_date,
        -attributed_refund_amount as attributed_revenue
    from refunds

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
