-- What is in an order's total and in no line, tax or tip: service charges, and the rounding of cash (either sign); and
-- the discounts of each line, of whichever rules together.
with documents as (

    {{ square_orders() }}

),

lines as (

    select * from {{ ref('stg_square__order_lines') }}

),

adjustments as (

    select
        documents.order_id,
        lines.order_line_id,
        documents.currency_code,
        documents.till_at,
        'discount' as adjustment_type,
        'Discounts of a line, part of its discount_amount' as description,
        lines.discount_amount as amount
    from documents
    inner join lines on documents.order_id = lines.order_id and documents.updated_at = lines.order_updated_at
    where not documents.is_return_only
    union all
    select
        order_id,
        cast(null as string) as order_line_id,
        currency_code,
        till_at,
        'service_charge' as adjustment_type,
        'Service charges, part of the total' as description,
        service_charge_amount as amount
    from documents
    where not is_return_only
    union all
    select
        order_id,
        cast(null as string) as order_line_id,
        currency_code,
        till_at,
        'rounding' as adjustment_type,
        'Rounding of cash, part of the total' as description,
        rounding_amount as amount
    from documents
    where not is_return_only

),

shaped as (

    select
        'square' as source_system,
        'square:' || coalesce(order_line_id, order_id) || ':' || adjustment_type as order_adjustment_key,
        'square:' || order_id as order_key,
        'square:' || order_line_id as order_line_key,
        adjustment_type,
        cast(null as string) as discount_code,
        description,
        currency_code,
        amount,
        till_at as occurred_at
    from adjustments
    where amount <> 0

)

select * from shaped
