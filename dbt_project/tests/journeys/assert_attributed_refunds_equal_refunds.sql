-- Catches: refunded money that no touchpoint gives back, or that several do: cents lost when a refund was dealt to the
-- touchpoints of its order, a refund of a conversion missing from the other dating convention.
with attributed as (

    select
        refund_key,
        attribution_model,
        sum(attributed_refund_amount) as attributed_refund_amount
    from {{ ref('fct_attribution_refunds') }}
    where is_additive
    group by refund_key, attribution_model

),

models as (

    select distinct attribution_model
    from {{ ref('fct_attribution') }}
    where is_additive

),

refunds as (

    select
        fct_refunds.refund_key,
        models.attribution_model,
        fct_refunds.line_amount
    from {{ ref('fct_refunds') }} as fct_refunds
    cross join models
    inner join {{ ref('fct_orders') }} as fct_orders on fct_refunds.order_key = fct_orders.order_key
    where
        fct_refunds.line_amount <> 0
        and not fct_orders.is_test
        and not fct_orders.is_cancelled
        and not fct_orders.is_return

),

compared as (

    select
        refunds.refund_key,
        refunds.attribution_model,
        attributed.refund_key as attributed_refund_key,
        refunds.line_amount,
        attributed.attributed_refund_amount
    from refunds
    full outer join attributed
        on
            refunds.refund_key = attributed.refund_key
            and refunds.attribution_model = attributed.attribution_model

)

select * from compared
where attributed_refund_amount is distinct from line_amount
