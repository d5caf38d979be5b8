-- Catches: credited money that is not the order's money: cents lost to rounding, an order missing from attribution, a
-- cancelled or test order in it, or a refund that restated the order but not its credit.
with attributed as (

    select
        conversion_id,
        attribution_model,
        sum(attributed_revenue) as attributed_revenue
    from {{ ref('fct_attribution') }}
    where is_additive and conversion_type <> 'sign_up'
    group by conversion_id, attribution_model

),

orders as (

    select
        order_key,
        net_sales_amount
    from {{ ref('fct_orders') }}
    where not is_test and not is_cancelled and not is_return

),

compared as (

    select
        orders.order_key,
        attributed.conversion_id,
        attributed.attribution_model,
        orders.net_sales_amount,
        attributed.attributed_revenue
    from orders
    full outer join attributed on orders.order_key = attributed.conversion_id

)

select * from compared
where attributed_revenue is distinct from net_sales_amount
