-- For each customer who ever bought: the products he has not bought yet that go best with those he has, and that may be
-- sold today. Of a product's relations only its strongest count, so the work grows with purchases and not with the range.
{%- set limits = var('product_affinity') %}
with bought_products as (

    select distinct
        customer_id,
        product_key
    from {{ ref('int_customers__bought_products') }}
    where customer_id is not null

),

customers as (

    select customer_id from {{ ref('int_identity__customers') }}

),

sellable as (

    select
        product_groups.product_key,
        bool_or(eligible_products.channel = 'online') as is_eligible_online,
        bool_or(eligible_products.channel = 'store') as is_eligible_in_store
    from {{ ref('int_inventory__eligible_products') }} as eligible_products
    inner join {{ ref('int_customers__product_groups') }} as product_groups
        on eligible_products.sku = product_groups.sku
    where eligible_products.is_eligible
    group by product_groups.product_key

),

relations as (

    select
        affinity.from_product_key,
        affinity.to_product_key,
        affinity.lift_factor
    from {{ ref('fct_product_affinity') }} as affinity
    inner join sellable on affinity.to_product_key = sellable.product_key
    where affinity.lift_factor > 1
    qualify row_number() over (
        partition by affinity.from_product_key
        order by
            affinity.lift_factor desc nulls last,
            affinity.order_count desc nulls last,
            affinity.to_product_key asc nulls last
    ) <= {{ limits.strongest_relations }}

),

scored as (

    select
        bought_products.customer_id,
        relations.to_product_key as product_key,
        sum(relations.lift_factor) as affinity_factor,
        count(*) as related_product_count
    from bought_products
    inner join relations on bought_products.product_key = relations.from_product_key
    group by bought_products.customer_id, relations.to_product_key

),

ranked as (

    select
        scored.*,
        row_number() over (
            partition by scored.customer_id
            order by
                scored.affinity_factor desc nulls last,
                scored.related_product_count desc nulls last,
                scored.product_key asc nulls last
        ) as recommendation_rank
    from scored
    inner join customers on scored.customer_id = customers.customer_id
    left join bought_products
        on scored.customer_id = bought_products.customer_id and scored.product_key = bought_products.product_key
    where bought_products.product_key is null
    qualify recommendation_rank <= {{ limits.products_per_customer }}

),

fct_next_best_products as (

    select
        {{ surrogate_key(['ranked.customer_id', 'ranked.product_key']) }} as next_best_product_key,
        ranked.customer_id,
        ranked.product_key,
        ranked.recommendation_rank,
        ranked.related_product_count,
        cast(ranked.affinity_factor as decimal(18, 6)) as affinity_factor,
        sellable.is_eligible_online,
        sellable.is_eligible_in_store
    from ranked
    inner join sellable on ranked.product_key = sellable.product_key

)

select * from fct_next_best_products
