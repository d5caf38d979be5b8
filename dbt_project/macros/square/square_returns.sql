{# Refunds of money without goods: their order holds no return. A refund whose order was never read gets one of its own
   name. Rejected ones gave nothing back. #}
{% macro square_bare_refunds() %}
select
    refunds.refund_id,
    refunds.location_id,
    refunds.currency_code,
    refunds.amount,
    coalesce(own.order_id, paid.order_id, 'refund-' || refunds.refund_id) as refunded_order_id,
    coalesce(own.order_id, paid.order_id) is not null as is_order_known,
    refunds.created_at,
    refunds.updated_at
from {{ ref('stg_square__refunds') }} as refunds
left join {{ ref('stg_square__payments') }} as payments on refunds.payment_id = payments.payment_id
left join {{ ref('stg_square__orders') }} as own
    on refunds.order_id = own.order_id and own.order_state in ('COMPLETED', 'CANCELED')
left join {{ ref('stg_square__orders') }} as paid
    on payments.order_id = paid.order_id and paid.order_state in ('COMPLETED', 'CANCELED')
where
    refunds.refund_status in ('PENDING', 'COMPLETED')
    and not exists (
        select 1 from {{ ref('stg_square__order_returns') }} as order_returns
        where order_returns.order_id = refunds.order_id
    )
{% endmacro %}

{# Returned lines with the order they count against: the sale, or the return itself where nobody knows the sale. Money
   returned against no line of a known sale is no line: it stays in the refund's rest. Of a line sold by weight (one
   unit to us) the first return takes the unit, others take money alone. #}
{% macro square_returned_lines() %}
with orders as (

    select * from {{ ref('stg_square__orders') }}
    where order_state in ('COMPLETED', 'CANCELED')

),

returned as (

    select
        lines.order_return_line_id,
        lines.order_return_id,
        lines.order_id as return_order_id,
        lines.variation_id,
        lines.item_name,
        lines.currency_code,
        sales.order_id is null as is_without_sale,
        coalesce(sales.order_id, lines.order_id) as refunded_order_id,
        coalesce(sale_lines.order_line_id, lines.order_return_line_id) as order_line_id,
        sale_lines.order_line_id is not null or (sales.order_id is null and lines.variation_id is not null) as is_line,
        lines.quantity = floor(lines.quantity) and coalesce(sale_lines.quantity = floor(sale_lines.quantity), true)
            as is_whole,
        cast(floor(lines.quantity) as bigint) as whole_quantity,
        row_number() over (
            partition by coalesce(sale_lines.order_line_id, lines.order_return_line_id)
            order by lines.order_updated_at asc nulls last, lines.order_return_line_id asc nulls last
        ) as return_number,
        cast(lines.total_amount - lines.tax_amount - lines.service_charge_amount as decimal(18, 4)) as subtotal_amount,
        lines.tax_amount
    from {{ ref('stg_square__order_return_lines') }} as lines
    inner join orders on lines.order_id = orders.order_id and lines.order_updated_at = orders.updated_at
    left join orders as sales on lines.source_order_id = sales.order_id
    left join {{ ref('stg_square__order_lines') }} as sale_lines
        on
            sales.order_id = sale_lines.order_id
            and sales.updated_at = sale_lines.order_updated_at
            and lines.source_line_uid = sale_lines.line_uid

)

select
    *,
    case when is_whole then whole_quantity when return_number = 1 then 1 else 0 end as units
from returned
where is_line
{% endmacro %}
