-- Money given back for an item that no line of the order has is adjustment.
with items as (

    {{ amazon_transaction_items() }}

),

lines as (

    {{ amazon_items_by_sku() }}

),

refunds as (

    select
        items.transaction_id,
        items.order_id,
        items.posted_at,
        max(items.currency_code) as currency_code,
        cast(-sum(items.charged_amount) as decimal(18, 4)) as total_amount,
        cast(-sum(items.shipping_amount) as decimal(18, 4)) as shipping_amount,
        cast(
            -sum(case when lines.order_line_id is null then items.goods_amount + items.tax_amount else 0 end)
            as decimal(18, 4)
        ) as adjustment_amount
    from items
    left join lines on items.order_id = lines.order_id and items.sku = lines.sku
    where items.transaction_type = 'Refund'
    group by items.transaction_id, items.order_id, items.posted_at

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || transaction_id as refund_key,
        'amazon:' || order_id as order_key,
        transaction_id as refund_id,
        currency_code,
        total_amount,
        shipping_amount,
        adjustment_amount,
        posted_at as created_at,
        posted_at as processed_at,
        posted_at as updated_at
    from refunds

)

select * from shaped
