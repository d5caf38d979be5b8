-- A customer's first order stands here twice, as an order and as a first order: kinds of conversion are not added up.
with orders as (

    select * from {{ ref('fct_orders') }}
    where not is_test and not is_cancelled and not is_return

),

-- When somebody first agreed to marketing by some channel.
sign_ups as (

    select
        customer_id,
        channel,
        min(changed_at) as granted_at
    from {{ ref('int_consent__statements') }}
    where consent_status = 'granted' and purpose = 'marketing' and changed_at is not null
    group by customer_id, channel

),

conversions as (

    select
        order_key as conversion_id,
        case when channel = 'store' then 'store_order' else 'order' end as conversion_type,
        customer_id,
        currency_code,
        net_sales_amount as conversion_value_amount,
        ordered_at as converted_at
    from orders
    union all
    select
        order_key as conversion_id,
        'first_order' as conversion_type,
        customer_id,
        currency_code,
        net_sales_amount as conversion_value_amount,
        ordered_at as converted_at
    from orders
    where is_first_order
    union all
    select
        customer_id || ':' || channel as conversion_id,
        'sign_up' as conversion_type,
        customer_id,
        '{{ reporting_currency() }}' as currency_code,
        cast(0 as decimal(18, 4)) as conversion_value_amount,
        granted_at as converted_at
    from sign_ups

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
