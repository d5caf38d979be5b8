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
        attribution.*,
        sum(attribution.credit) over (
            partition by refunds.refund_key, attribution.attribution_model
            order by attribution.touchpoint_position asc nulls last
            rows between unbounded preceding and current row
        ) as credit_so_far
    from refunds
    inner join attribution on refunds.order_key = attribution.conversion_id

),

-- Sums are exact before they become doubles: what one touch ends with, the next must begin with.
dealt as (

    select
        *,
        cast(credit_so_far as double) as share,
        cast(credit_so_far - credit as double) as share_before
    from shares

),

attribution_refunds as (

    select
        {{ surrogate_key(['refund_key', 'attribution_key']) }} as attribution_refund_key,
        refund_key,
        attribution_key,
        conversion_id,
        attribution_model,
        is_additive,
        touchpoint_id,
        channel,
        campaign,
        currency_code,
        case
            when is_additive
                then {{ dealt_amount('line_amount', 'share', 'share_before') }}
            else line_amount
        end as attributed_refund_amount,
        touched_date,
        converted_date,
        refund_date
    from dealt

)

select * from attribution_refunds
