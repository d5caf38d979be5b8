-- Catches an inner join that lost orders, lines or refunds between the vendors' documents and the facts.
with counted as (

    select 'orders' as document, (
        select count(*) from ({{ union_shape('orders') }}) as shaped
    ) as shaped_count, (select count(*) from {{ ref('fct_orders') }}) as fact_count
    union all
    select 'order_lines' as document, (
        select count(*) from ({{ union_shape('order_lines') }}) as shaped
    ) as shaped_count, (select count(*) from {{ ref('fct_order_lines') }}) as fact_count
    union all
    select 'refunds' as document, (
        select count(*) from ({{ union_shape('refunds') }}) as shaped
    ) as shaped_count, (select count(*) from {{ ref('fct_refunds') }}) as fact_count

)

select * from counted
where shaped_count <> fact_count
