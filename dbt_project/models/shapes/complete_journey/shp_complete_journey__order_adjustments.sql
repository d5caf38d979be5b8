-- What the till's three discounts were, per basket. The first two are the shop's and already inside discount_amount of
-- the order and its lines; the manufacturer's coupon is reimbursed to the shop, so it is in neither discount nor net
-- sales: the shopper paid that much less, the shop received it all the same. Amounts are positive.
with transactions as (

    select * from {{ ref('stg_complete_journey__transactions') }}

),

baskets as (

    select
        basket_id,
        max(transacted_at) as transacted_at,
        cast(sum(retail_discount_amount) as decimal(18, 4)) as loyalty_card_amount,
        cast(sum(coupon_match_discount_amount) as decimal(18, 4)) as coupon_match_amount,
        cast(sum(coupon_discount_amount) as decimal(18, 4)) as manufacturer_coupon_amount
    from transactions
    group by basket_id

),

adjustments as (

    select
        basket_id,
        transacted_at,
        'loyalty_card_discount' as adjustment_type,
        'Discount of the loyalty card, paid by the shop, part of discount_amount' as description,
        loyalty_card_amount as amount
    from baskets
    union all
    select
        basket_id,
        transacted_at,
        'coupon_match_discount' as adjustment_type,
        'What the shop added to a coupon, part of discount_amount' as description,
        coupon_match_amount as amount
    from baskets
    union all
    select
        basket_id,
        transacted_at,
        'manufacturer_coupon' as adjustment_type,
        'Coupon that its manufacturer reimburses to the shop, not part of discount_amount' as description,
        manufacturer_coupon_amount as amount
    from baskets

),

order_adjustments as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || basket_id || ':' || adjustment_type as order_adjustment_key,
        'complete_journey:' || basket_id as order_key,
        cast(null as string) as order_line_key,
        adjustment_type,
        cast(null as string) as discount_code,
        description,
        'USD' as currency_code,
        amount,
        transacted_at as occurred_at
    from adjustments
    where amount <> 0

)

select * from order_adjustments
