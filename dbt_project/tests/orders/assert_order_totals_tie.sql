-- Catches a line, tax, tip, charge or shipping that was lost or counted twice on the way: per order, lines after
-- discounts plus gift cards, tax, shipping, tips and service charges are the total of the vendor's document. To the
-- cent; in another currency each converted amount may be off by half a cent. Documents that do not add up themselves
-- are listed elsewhere (fct_data_quality_issues).
with orders as (

    select * from {{ ref('int_orders__orders') }}

),

compared as (

    select
        order_key,
        total_amount,
        gross_amount - discount_amount + gift_card_amount + tax_amount + shipping_amount + tip_amount
        + service_charge_amount as sum_of_parts,
        case when exchange_rate = 1 then 0 else 0.01 * (line_count + 5) end as tolerance
    from orders
    where not exists (
        select 1 from {{ ref('fct_data_quality_issues') }} as issues
        where issues.order_key = orders.order_key
    )

)

select * from compared
where abs(total_amount - sum_of_parts) > tolerance
