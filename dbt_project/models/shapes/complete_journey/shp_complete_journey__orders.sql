-- One basket is one order, paid and taken home at the till: the four dates are one moment.
-- Money: `sales_value` is what the shop receives, so it is net sales; the shop's own discounts (loyalty card and what
-- it adds to a coupon) are added back to reach gross. A manufacturer's coupon is reimbursed to the shop: it takes
-- nothing from net sales and stands in order_adjustments, like a means of payment. The file says nothing of tax.
with transactions as (

    select * from {{ ref('stg_complete_journey__transactions') }}

),

baskets as (

    select
        basket_id,
        max(household_id) as household_id,
        max(store_id) as store_id,
        max(transacted_at) as transacted_at,
        cast(sum(sales_value_amount) as decimal(18, 4)) as sales_value_amount,
        cast(sum(retail_discount_amount + coupon_match_discount_amount) as decimal(18, 4)) as shop_discount_amount
    from transactions
    group by basket_id

),

orders as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || basket_id as order_key,
        basket_id as order_id,
        basket_id as order_name,
        'complete_journey:' || household_id as record_key,
        'store' as channel,
        'complete_journey:' || store_id as location_key,
        'paid' as financial_status,
        'fulfilled' as fulfilment_status,
        cast(null as string) as checkout_token,
        cast(null as string) as landing_page_url,
        cast(null as string) as referrer_url,
        cast(null as string) as cancel_reason,
        'USD' as currency_code,
        'USD' as presentment_currency_code,
        false as is_edited,
        false as is_test,
        false as is_tax_included,
        cast(1 as decimal(18, 6)) as exchange_rate,
        cast(sales_value_amount + shop_discount_amount as decimal(18, 4)) as gross_amount,
        shop_discount_amount as discount_amount,
        cast(0 as decimal(18, 4)) as tax_amount,
        cast(0 as decimal(18, 4)) as shipping_amount,
        cast(0 as decimal(18, 4)) as tip_amount,
        cast(0 as decimal(18, 4)) as gift_card_amount,
        sales_value_amount as total_amount,
        cast(null as decimal(18, 4)) as original_total_amount,
        sales_value_amount as presentment_total_amount,
        transacted_at as created_at,
        transacted_at as processed_at,
        transacted_at as paid_at,
        transacted_at as fulfilled_at,
        cast(null as timestamp) as cancelled_at,
        transacted_at as updated_at
    from baskets

)

select * from orders
