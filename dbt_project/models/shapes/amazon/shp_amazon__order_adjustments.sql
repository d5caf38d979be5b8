-- Discounts by line; what is in a total and in no line, tax, shipping or tip (gift wrap, fees of payment on delivery);
-- and what Amazon keeps of the sale, which is in no total. A fee that Amazon gives back is below zero.
with items as (

    {{ amazon_order_items() }}

),

transactions as (

    select * from {{ ref('stg_amazon__transactions') }}

),

fees as (

    select
        transaction_lines.*,
        transactions.order_id
    from {{ ref('stg_amazon__transaction_lines') }} as transaction_lines
    inner join transactions on transaction_lines.transaction_id = transactions.transaction_id
    where {{ is_amazon_fee('transaction_lines.part') }} and transactions.order_id is not null

),

items_by_sku as (

    {{ amazon_items_by_sku() }}

),

adjustments as (

    select
        order_line_id || ':discount' as adjustment_id,
        order_id,
        order_line_id,
        'discount' as adjustment_type,
        'Promotions of a line, its discount_amount' as description,
        order_currency_code as currency_code,
        discount_amount as amount,
        created_at as occurred_at
    from items
    where discount_amount <> 0
    union all
    select
        order_line_id || ':other' as adjustment_id,
        order_id,
        order_line_id,
        'service_charge' as adjustment_type,
        'Gift wrap and fees of payment, part of the total' as description,
        order_currency_code as currency_code,
        other_amount as amount,
        created_at as occurred_at
    from items
    where other_amount <> 0
    union all
    select
        fees.transaction_line_id as adjustment_id,
        fees.order_id,
        items_by_sku.order_line_id,
        'marketplace_fee' as adjustment_type,
        fees.part as description,
        fees.currency_code,
        cast(-fees.amount as decimal(18, 4)) as amount,
        fees.posted_at as occurred_at
    from fees
    left join items_by_sku on fees.order_id = items_by_sku.order_id and fees.sku = items_by_sku.sku

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || adjustment_id as order_adjustment_key,
        'amazon:' || order_id as order_key,
        'amazon:' || order_line_id as order_line_key,
        adjustment_type,
        cast(null as string) as discount_code,
        description,
        currency_code,
        amount,
        occurred_at
    from adjustments

)

select * from shaped
