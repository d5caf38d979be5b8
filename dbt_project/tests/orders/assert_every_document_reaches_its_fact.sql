-- Catches an inner join that lost orders, lines, refunds, payments or parcels between the vendors' documents and the
-- facts. What names an order that was never read has no place there: fct_data_quality_issues lists it.
{%- set facts = {
    'orders': 'fct_orders', 'order_lines': 'fct_order_lines', 'refunds': 'fct_refunds', 'payments': 'fct_payments',
    'fulfilments': 'fct_fulfilments'
} %}
with
{%- for shape, fact in facts.items() %}
    {{ shape }} as (

        {{ union_shape(shape) }}

    ),
{%- endfor %}

counted as (

    {%- for shape, fact in facts.items() %}
        select
            '{{ fact }}' as fact,
            (
                select count(*)
                from {{ shape }}
                {%- if shape != 'payments' %}
                    where {{ shape }}.order_key in (select orders.order_key from orders)
                {%- endif %}
            ) as shaped_count,
            (select count(*) from {{ ref(fact) }}) as fact_count
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

)

select * from counted
where shaped_count <> fact_count
