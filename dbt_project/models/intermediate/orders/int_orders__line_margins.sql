-- Lines with what each earned: its net sales less the cost of the units that were kept; units given back cost nothing.
-- The cost of one unit is that of the variant, else of the same SKU at another vendor, whose shop must keep the same
-- currency. Of a line without one nothing is known: null, with the reason. A view: the cost is two small look-ups.
{{ config(materialized='view') }}

with lines as (

    select * from {{ ref('int_orders__order_lines') }}

),

variants as (

    select * from {{ ref('int_products__variants') }}
    where unit_cost is not null

),

currencies as (

    select
        source_system,
        max(order_currency_code) as currency_code
    from {{ ref('int_orders__headers') }}
    group by source_system

),

sku_costs as (

    select
        variants.sku,
        currencies.currency_code,
        max(variants.unit_cost) as unit_cost
    from variants
    inner join currencies on variants.source_system = currencies.source_system
    where variants.sku is not null
    group by variants.sku, currencies.currency_code

),

elsewhere as (

    select distinct sku from sku_costs

),

costed as (

    select
        lines.*,
        case
            when lines.is_cancelled then cast(0 as bigint)
            else least(lines.current_quantity, lines.quantity - lines.refunded_quantity)
        end as kept_quantity,
        coalesce(variants.unit_cost, sku_costs.unit_cost) as document_unit_cost,
        case
            when lines.is_gift_card then 'gift_card'
            when lines.exchange_rate is null then 'no_exchange_rate'
            when lines.variant_key is null then 'no_product'
            when variants.unit_cost is null and sku_costs.unit_cost is null and elsewhere.sku is not null
                then 'cost_in_other_currency'
            when variants.unit_cost is null and sku_costs.unit_cost is null then 'no_cost'
        end as missing_margin_reason
    from lines
    left join variants on lines.variant_key = variants.variant_key
    left join sku_costs on lines.sku = sku_costs.sku and lines.order_currency_code = sku_costs.currency_code
    left join elsewhere on lines.sku = elsewhere.sku

),

margins as (

    select
        *,
        cast(case when missing_margin_reason is null then document_unit_cost * exchange_rate end as decimal(18, 6))
            as unit_cost,
        case
            when missing_margin_reason is null
                then {{ reported_amount('kept_quantity * document_unit_cost', 'exchange_rate') }}
        end as cost_amount,
        cast(net_sales_amount - cost_amount as decimal(18, 4)) as margin_amount
    from costed

)

select * from margins
