-- What is in an order's total and in no line, tax or tip: service charges, and the rounding of cash (either sign).
with documents as (

    {{ square_orders() }}

),

adjustments as (

    select
        order_id,
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
        'square:' || order_id || ':' || adjustment_type as order_adjustment_key,
        'square:' || order_id as order_key,
        adjustment_type,
        description,
        currency_code,
        amount,
        till_at as occurred_at
    from adjustments
    where amount <> 0

)

select * from shaped
