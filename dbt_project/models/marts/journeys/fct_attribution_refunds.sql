-- The other convention of dating what a refund takes from the credit. fct_attribution restates the credit on the day of
-- the order; for credit as it stood before refunds add these amounts to it on that day, and take them off again on the
-- day of the refund. Both ways come to the same all-time total, touchpoint by touchpoint.
with refunds as (

    select * from {{ ref('int_orders__refunds') }}
    where line_amount <> 0

),

attribution as (

    select * from {{ ref('fct_attribution') }}

),

shares as (

    select
        refunds.refund_key,
        refunds.line_amount,
        refunds.refund_date,
        attribution.attribution_key,
        attribution.conversion_id,
        attribution.attribution_model,
        attribution.touchpoint_id,
        attribution.touchpoint_position,
        attribution.channel,
        attribution.campaign,
        attribution.currency_code,
        attribution.credit,
        attribution.converted_date
    from refunds
    inner join attribution on refunds.order_key = attribution.conversion_id

),

attribution_refunds as (

    select
        {{ surrogate_key(['refund_key', 'attribution_key']) }} as attribution_refund_key,
        refund_key,
        attribution_key,
        conversion_id,
        attribution_model,
        touchpoint_id,
        channel,
        campaign,
        currency_code,
        dealt_amount as attributed_refund_amount,
        converted_date,
        refund_date
    from {{ deal_amount('shares', 'line_amount', ['refund_key', 'attribution_model']) }} as dealt

)

select * from attribution_refunds
