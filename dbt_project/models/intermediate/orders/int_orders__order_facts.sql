-- What an order's parcels, returns, payments, lines and documents say of it as a whole. What left after an exchange was
-- taken for what came back: it says nothing of how the order was sent. A margin is told only where every line's is
-- known: else it is null, and why.
with returns as (

    select
        order_key,
        bool_or(is_returned_in_store) as is_returned_in_store,
        bool_or(is_exchange) as has_exchange,
        min(case when is_exchange then returned_at end) as exchanged_at
    from {{ ref('int_orders__returns') }}
    group by order_key

),

fulfilments as (

    select
        parcels.order_key,
        count(*) as parcel_count,
        case when count(distinct parcels.fulfilment_type) > 1 then 'mixed' else max(parcels.fulfilment_type) end
            as fulfilment_method
    from {{ ref('int_orders__fulfilments') }} as parcels
    left join returns on parcels.order_key = returns.order_key
    where
        parcels.is_done
        and coalesce(parcels.fulfilled_at < returns.exchanged_at, true)
    group by parcels.order_key

),

payments as (

    select
        order_key,
        cast(sum(amount) as decimal(18, 4)) as net_payment_amount,
        cast(sum(case when is_gift_card then amount else 0 end) as decimal(18, 4)) as gift_card_redeemed_amount
    from {{ ref('int_orders__payments') }}
    where is_settled
    group by order_key

),

margins as (

    select
        order_key,
        cast(sum(cost_amount) as decimal(18, 4)) as cost_amount,
        cast(sum(margin_amount) as decimal(18, 4)) as margin_amount,
        min(case when missing_margin_reason <> 'gift_card' then missing_margin_reason end) as missing_margin_reason,
        count(case when margin_amount is not null then 1 end) as costed_line_count
    from {{ ref('int_orders__line_margins') }}
    group by order_key

),

issues as (

    select distinct order_key from {{ ref('int_orders__issues') }}

),

facts as (

    select
        orders.order_key,
        coalesce(fulfilments.parcel_count, 0) as parcel_count,
        fulfilments.fulfilment_method,
        coalesce(fulfilments.parcel_count > 1, false) as is_split_shipment,
        coalesce(returns.is_returned_in_store, false) as is_returned_in_store,
        coalesce(returns.has_exchange, false) as has_exchange,
        coalesce(payments.net_payment_amount, cast(0 as decimal(18, 4))) as net_payment_amount,
        coalesce(payments.gift_card_redeemed_amount, cast(0 as decimal(18, 4))) as gift_card_redeemed_amount,
        case when margins.missing_margin_reason is null and margins.costed_line_count > 0 then margins.cost_amount end
            as cost_amount,
        case when margins.missing_margin_reason is null and margins.costed_line_count > 0 then margins.margin_amount end
            as margin_amount,
        margins.margin_amount as known_margin_amount,
        case
            when margins.missing_margin_reason is not null then margins.missing_margin_reason
            when coalesce(margins.costed_line_count, 0) = 0 then 'no_lines_with_sales'
        end as missing_margin_reason,
        issues.order_key is not null as has_issue
    from {{ ref('int_orders__headers') }} as orders
    left join fulfilments on orders.order_key = fulfilments.order_key
    left join returns on orders.order_key = returns.order_key
    left join payments on orders.order_key = payments.order_key
    left join margins on orders.order_key = margins.order_key
    left join issues on orders.order_key = issues.order_key

)

select * from facts
