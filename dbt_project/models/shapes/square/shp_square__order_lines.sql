-- Square sells 2.25 of something; such a line is one unit whose price is the whole line's. Gross is without tax and
-- with the price of modifiers, so a unit's price is its share of it. The SKU stands in the catalogue alone. What came
-- back without its sale is a line of no units, so that its refund takes from the net sales of something.
with order_lines as (

    select * from {{ ref('stg_square__order_lines') }}

),

orders as (

    select * from {{ ref('stg_square__orders') }}
    where order_state in ('COMPLETED', 'CANCELED')

),

variations as (

    select * from {{ ref('stg_square__catalog_variations') }}

),

returned_lines as (

    {{ square_returned_lines() }}

),

counted as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.variation_id,
        order_lines.item_name,
        order_lines.currency_code,
        order_lines.line_number,
        coalesce(order_lines.item_type = 'GIFT_CARD', false) as is_gift_card,
        order_lines.discount_amount,
        order_lines.tax_amount,
        case
            when order_lines.quantity = floor(order_lines.quantity) then cast(order_lines.quantity as bigint) else 1
        end as units,
        cast(
            order_lines.total_amount - order_lines.tax_amount - order_lines.service_charge_amount
            + order_lines.discount_amount as decimal(18, 4)
        ) as gross_amount_without_tax
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id and order_lines.order_updated_at = orders.updated_at
    union all
    select
        order_line_id,
        return_order_id as order_id,
        variation_id,
        item_name,
        currency_code,
        cast(null as bigint) as line_number,
        false as is_gift_card,
        cast(0 as decimal(18, 4)) as discount_amount,
        cast(0 as decimal(18, 4)) as tax_amount,
        cast(0 as bigint) as units,
        cast(0 as decimal(18, 4)) as gross_amount_without_tax
    from returned_lines
    where is_without_sale

),

shaped as (

    select
        'square' as source_system,
        'square:' || counted.order_line_id as order_line_key,
        'square:' || counted.order_id as order_key,
        counted.order_line_id,
        'square:' || counted.variation_id as variant_key,
        variations.sku,
        counted.item_name as product_title,
        counted.currency_code,
        counted.line_number,
        counted.units as quantity,
        counted.units as current_quantity,
        counted.is_gift_card,
        cast({{ safe_divide('counted.gross_amount_without_tax', 'counted.units') }} as decimal(18, 6)) as unit_price,
        counted.gross_amount_without_tax as gross_amount,
        counted.discount_amount,
        counted.tax_amount
    from counted
    left join variations on counted.variation_id = variations.variation_id

)

select * from shaped
