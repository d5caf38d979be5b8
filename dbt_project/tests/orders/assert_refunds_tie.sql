-- Catches refunds read twice or attached to the wrong order: no order gives back more money or more units than it had,
-- and each refund is its lines, their tax, shipping and the rest. (What came back without its sale, a line of no units,
-- was never had.) Documents that are listed as faulty are left out.
with refunds as (

    select refunds.*
    from {{ ref('fct_refunds') }} as refunds
    inner join {{ ref('fct_orders') }} as orders on refunds.order_key = orders.order_key
    where not orders.has_issue

),

orders as (

    select * from {{ ref('fct_orders') }}
    where not has_issue

),

lines as (

    select lines.*
    from {{ ref('fct_order_lines') }} as lines
    inner join orders on lines.order_key = orders.order_key

)

select
    'a refund is not the sum of its parts' as problem,
    refund_key as document_key
from refunds
where total_amount <> line_amount + tax_amount + shipping_amount + adjustment_amount
union all
select
    'more money given back than the order had' as problem,
    order_key as document_key
from orders
where
    refunded_amount > total_amount and not is_return
    and not exists (
        select 1 from lines
        where lines.order_key = orders.order_key and lines.quantity = 0
    )
union all
select
    'more units given back than sold' as problem,
    order_line_key as document_key
from lines
where refunded_quantity > quantity and quantity > 0
