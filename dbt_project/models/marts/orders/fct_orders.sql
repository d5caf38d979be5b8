-- Test and cancelled orders are here, marked: sums of net sales need is_test = false; cancelled ones have none. So are
-- returns whose sale nobody knows: their net sales are negative, and they are no order of anybody.
with orders as (

    select * from {{ ref('int_orders__orders') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

owned as (

    select
        orders.*,
        record_customers.customer_id,
        not orders.is_test and not orders.is_cancelled and not orders.is_return as is_counted
    from orders
    left join record_customers on orders.record_key = record_customers.record_key

),

facts as (

    select * from {{ ref('int_orders__order_facts') }}

),

numbered as (

    select
        *,
        case
            when is_counted and customer_id is not null
                then row_number() over (
                    partition by customer_id, is_counted
                    order by ordered_at asc nulls last, order_key asc nulls last
                )
        end as customer_order_number
    from owned

),

fct_orders as (

    select
        numbered.order_key,
        numbered.source_system,
        numbered.order_id,
        numbered.order_name,
        numbered.customer_id,
        numbered.channel,
        numbered.location_key,
        numbered.order_status,
        numbered.financial_status,
        numbered.fulfilment_status,
        facts.fulfilment_method,
        numbered.cancel_reason,
        numbered.order_currency_code,
        numbered.presentment_currency_code,
        numbered.currency_code,
        numbered.exchange_rate,
        numbered.exchange_rate_date,
        numbered.exchange_rate_source,
        numbered.line_count,
        numbered.quantity,
        cast(facts.parcel_count as bigint) as parcel_count,
        cast(numbered.customer_order_number as bigint) as customer_order_number,
        numbered.gross_amount,
        numbered.discount_amount,
        numbered.refunded_line_amount,
        numbered.removed_amount,
        numbered.cancelled_amount,
        numbered.net_sales_amount,
        numbered.tax_amount,
        numbered.shipping_amount,
        numbered.tip_amount,
        numbered.service_charge_amount,
        numbered.gift_card_amount,
        facts.gift_card_redeemed_amount,
        numbered.total_amount,
        numbered.added_amount,
        numbered.refunded_amount,
        facts.net_payment_amount,
        numbered.presentment_total_amount,
        facts.cost_amount,
        facts.margin_amount,
        facts.missing_margin_reason,
        numbered.is_test,
        numbered.is_cancelled,
        numbered.is_return,
        coalesce(numbered.cancel_reason = 'fraud', false) as is_fraudulent,
        numbered.is_edited,
        numbered.is_tax_included,
        coalesce(facts.fulfilment_method = 'pickup', false) as is_picked_up,
        coalesce(facts.fulfilment_method = 'ship_from_store', false) as is_shipped_from_store,
        facts.is_split_shipment,
        facts.is_returned_in_store,
        facts.has_exchange,
        facts.has_issue,
        coalesce(numbered.customer_order_number = 1, false) as is_first_order,
        numbered.customer_order_number = 1 as is_new_customer,
        numbered.ordered_at,
        numbered.created_at,
        numbered.paid_at,
        numbered.fulfilled_at,
        numbered.cancelled_at,
        numbered.updated_at,
        numbered.order_date
    from numbered
    left join facts on numbered.order_key = facts.order_key

)

select * from fct_orders
