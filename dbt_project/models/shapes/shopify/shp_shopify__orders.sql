-- Amounts are at order time plus additions: refunds and removed lines stand in refunds and order_adjustments. Orders of
-- the shop's own app bear source names of their own (vars app_source_names).
{%- set app_names = "'" ~ var('app_source_names') | join("', '") ~ "'" %}
with orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

lines as (

    select
        order_id,
        sum(case when not is_gift_card then quantity * original_unit_price else 0 end) as gross_amount,
        sum(case when is_gift_card then quantity * original_unit_price - discount_amount else 0 end) as gift_card_amount
    from {{ ref('stg_shopify__order_lines') }}
    group by order_id

),

payments as (

    select
        order_id,
        min(processed_at) as paid_at
    from {{ ref('stg_shopify__order_transactions') }}
    where
        transaction_status = 'SUCCESS'
        and transaction_kind in ('SALE', 'CAPTURE')
    group by order_id

),

fulfilments as (

    select
        order_id,
        min(created_at) as fulfilled_at
    from {{ ref('stg_shopify__fulfillments') }}
    where fulfilment_status = 'SUCCESS'
    group by order_id

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || orders.order_id as order_key,
        orders.order_id,
        orders.order_name,
        'shopify:' || coalesce(orders.customer_id, 'order-' || orders.order_id) as record_key,
        case
            when orders.source_name = 'web' then 'online'
            when orders.source_name = 'pos' then 'store'
            when orders.source_name = 'shopify_draft_order' then 'draft_order'
            when orders.source_name in ({{ app_names }}) then 'app'
            else lower(coalesce(orders.source_name, 'unknown'))
        end as channel,
        'shopify:' || orders.retail_location_id as location_key,
        lower(orders.financial_status) as financial_status,
        lower(orders.fulfilment_status) as fulfilment_status,
        orders.checkout_token,
        orders.landing_page_url,
        orders.referrer_url,
        lower(orders.cancel_reason) as cancel_reason,
        orders.currency_code,
        coalesce(orders.presentment_currency_code, orders.currency_code) as presentment_currency_code,
        coalesce(orders.is_edited, false) as is_edited,
        coalesce(orders.is_test, false) as is_test,
        coalesce(orders.is_tax_included, false) as is_tax_included,
        cast(null as decimal(18, 6)) as exchange_rate,
        cast(coalesce(lines.gross_amount, 0) as decimal(18, 4)) as gross_amount,
        orders.discount_amount,
        orders.tax_amount,
        orders.shipping_amount,
        orders.tip_amount,
        cast(coalesce(lines.gift_card_amount, 0) as decimal(18, 4)) as gift_card_amount,
        orders.total_amount,
        orders.original_total_amount,
        orders.presentment_total_amount,
        orders.created_at,
        orders.processed_at,
        payments.paid_at,
        fulfilments.fulfilled_at,
        orders.cancelled_at,
        orders.updated_at
    from orders
    left join lines on orders.order_id = lines.order_id
    left join payments on orders.order_id = payments.order_id
    left join fulfilments on orders.order_id = fulfilments.order_id

)

select * from shaped
