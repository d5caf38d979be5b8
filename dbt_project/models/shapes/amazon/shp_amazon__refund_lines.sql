-- Amazon gives money back before the goods are there, and sometimes without their ever coming: why, and whether they
-- are for sale again, is known once the report of returns has them.
with items as (

    {{ amazon_transaction_items() }}

),

lines as (

    {{ amazon_items_by_sku() }}

),

orders as (

    {{ amazon_orders() }}

),

returns as (

    select
        order_id,
        sku,
        max_by(return_reason, returned_at) as return_reason,
        bool_or(disposition = 'SELLABLE') as is_sellable
    from {{ ref('stg_amazon__customer_returns') }}
    group by order_id, sku

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || items.transaction_id || ':' || cast(items.item_number as string) as refund_line_key,
        'amazon:' || items.transaction_id as refund_key,
        'amazon:' || items.order_id as order_key,
        'amazon:' || lines.order_line_id as order_line_key,
        case when returns.order_id is not null then {{ amazon_location_key('orders.marketplace_id') }} end
            as location_key,
        case when returns.is_sellable then 'return' else 'no_restock' end as restock_type,
        case
            when returns.return_reason = 'UNWANTED_ITEM' then 'unwanted'
            when returns.return_reason in ('APPAREL_TOO_SMALL', 'APPAREL_TOO_LARGE')
                then lower(replace(returns.return_reason, 'APPAREL_TOO', 'SIZE_TOO'))
            else lower(returns.return_reason)
        end as return_reason,
        false as is_exchange,
        items.currency_code,
        coalesce(items.quantity, 0) as quantity,
        coalesce(returns.is_sellable, false) as is_restocked,
        cast(-items.goods_amount as decimal(18, 4)) as subtotal_amount,
        cast(-items.tax_amount as decimal(18, 4)) as tax_amount
    from items
    inner join lines on items.order_id = lines.order_id and items.sku = lines.sku
    inner join orders on items.order_id = orders.order_id
    left join returns on items.order_id = returns.order_id and items.sku = returns.sku
    where items.transaction_type = 'Refund'

)

select * from shaped
