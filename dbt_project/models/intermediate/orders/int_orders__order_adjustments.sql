-- All that makes an order's total beside its lines' prices and tax, and money given back beyond the lines: as the
-- vendors tell it, with the shipping and tips that stand on the order itself. Amounts as in the document and reported;
-- what is taken off is positive too, its type says which way it goes.
{{ config(materialized='view') }}

with told as (

    {{ union_shape('order_adjustments') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

gathered as (

    select
        source_system,
        order_adjustment_key,
        order_key,
        order_line_key,
        adjustment_type,
        discount_code,
        description,
        currency_code,
        amount,
        occurred_at
    from told
    {%- for part in ['shipping', 'tip'] %}
        union all
        select
            source_system,
            order_key || ':{{ part }}' as order_adjustment_key,
            order_key,
            cast(null as string) as order_line_key,
            '{{ part }}' as adjustment_type,
            cast(null as string) as discount_code,
            'Part of the total' as description,
            order_currency_code as currency_code,
            {{ part }}_amount as amount,
            coalesce(processed_at, created_at) as occurred_at
        from orders
        where {{ part }}_amount <> 0
    {%- endfor %}

),

converted as (

    select
        gathered.order_adjustment_key,
        gathered.source_system,
        gathered.order_key,
        gathered.order_line_key,
        gathered.adjustment_type,
        gathered.discount_code,
        gathered.description,
        gathered.currency_code as order_currency_code,
        orders.currency_code,
        orders.record_key,
        orders.channel,
        gathered.amount as document_amount,
        {{ reported_amount('gathered.amount', 'orders.exchange_rate') }} as amount,
        orders.is_test,
        orders.cancelled_at is not null as is_cancelled,
        gathered.occurred_at,
        {{ to_reporting_date('gathered.occurred_at') }} as adjustment_date,
        orders.order_date
    from gathered
    inner join orders on gathered.order_key = orders.order_key

)

select * from converted
