-- Square sells 2.25 of something; such a line is one unit whose price is the whole line's. Gross is without tax and
-- with the price of modifiers, so a unit's price is its share of it. The SKU stands in the catalogue alone.
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

counted as (

    select
        order_lines.*,
        variations.sku,
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
    left join variations on order_lines.variation_id = variations.variation_id

),

shaped as (

    select
        'square' as source_system,
        'square:' || order_line_id as order_line_key,
        'square:' || order_id as order_key,
        order_line_id,
        'square:' || variation_id as variant_key,
        sku,
        item_name as product_title,
        currency_code,
        line_number,
        units as quantity,
        units as current_quantity,
        coalesce(item_type = 'GIFT_CARD', false) as is_gift_card,
        cast({{ safe_divide('gross_amount_without_tax', 'units') }} as decimal(18, 6)) as unit_price,
        gross_amount_without_tax as gross_amount,
        discount_amount,
        tax_amount
    from counted

)

select * from shaped
