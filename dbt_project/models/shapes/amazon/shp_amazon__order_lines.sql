with items as (

    {{ amazon_order_items() }}

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || order_line_id as order_line_key,
        'amazon:' || order_id as order_key,
        order_line_id,
        'amazon:' || sku as variant_key,
        sku,
        product_title,
        order_currency_code as currency_code,
        line_number,
        quantity,
        quantity as current_quantity,
        false as is_gift_card,
        cast(coalesce({{ safe_divide('item_amount', 'quantity') }}, unit_price, 0) as decimal(18, 6)) as unit_price,
        item_amount as gross_amount,
        discount_amount,
        tax_amount
    from items

)

select * from shaped
