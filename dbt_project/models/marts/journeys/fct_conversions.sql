-- A customer's first order stands here twice, as an order and as a first order: kinds of conversion are not added up.
with orders as (

    select * from {{ ref('int_journeys__conversions') }}

),

conversions as (

    select
        conversion_id,
        conversion_type,
        customer_id,
        currency_code,
        conversion_value_amount,
        converted_at
    from orders
    union all
    select
        orders.conversion_id,
        'first_order' as conversion_type,
        orders.customer_id,
        orders.currency_code,
        orders.conversion_value_amount,
        orders.converted_at
    from orders
    inner join {{ ref('fct_orders') }} as fct_orders on orders.conversion_id = fct_orders.order_key
    where fct_orders.is_first_order
    union all
    select
        conversion_id,
        conversion_type,
        customer_id,
        currency_code,
        conversion_value_amount,
        converted_at
    from {{ ref('int_journeys__sign_ups') }}

),

fct_conversions as (

    select
        {{ surrogate_key(['conversion_id', 'conversion_type']) }} as conversion_key,
        conversion_id,
        conversion_type,
        customer_id,
        currency_code,
        conversion_value_amount,
        converted_at,
        {{ to_reporting_date('converted_at') }} as converted_date
    from conversions

)

select * from fct_conversions
