-- What orders earned above the cost of their goods, of what is known: lines whose variant, or another vendor's of the
-- same SKU, has a unit cost; units given back cost nothing, and a gift card is no good.
with variants as (

    select * from {{ ref('int_products__variants') }}
    where unit_cost is not null

),

sku_costs as (

    select
        sku,
        max(unit_cost) as unit_cost
    from variants
    where sku is not null
    group by sku

),

lines as (

    select
        lines.order_key,
        lines.net_sales_amount,
        least(lines.current_quantity, lines.quantity - lines.refunded_quantity) as kept_quantity,
        coalesce(variants.unit_cost, sku_costs.unit_cost) as unit_cost
    from {{ ref('int_orders__order_lines') }} as lines
    left join variants on lines.variant_key = variants.variant_key
    left join sku_costs on lines.sku = sku_costs.sku
    where not lines.is_gift_card

),

margins as (

    select
        order_key,
        cast(sum(net_sales_amount) as decimal(18, 4)) as costed_net_sales_amount,
        cast(
            sum(net_sales_amount - cast(round(kept_quantity * unit_cost, 2) as decimal(18, 4))) as decimal(18, 4)
        ) as gross_margin_amount
    from lines
    where unit_cost is not null
    group by order_key

)

select * from margins
