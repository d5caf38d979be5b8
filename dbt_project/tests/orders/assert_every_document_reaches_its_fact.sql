-- Catches an inner join that lost orders, lines or refunds between the vendors' documents and the facts.
{%- set facts = {'orders': 'fct_orders', 'order_lines': 'fct_order_lines', 'refunds': 'fct_refunds'} %}
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
            (select count(*) from {{ shape }}) as shaped_count,
            (select count(*) from {{ ref(fact) }}) as fact_count
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

)

select * from counted
where shaped_count <> fact_count
