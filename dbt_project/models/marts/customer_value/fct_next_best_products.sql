-- For each customer who ever bought: the products not bought yet that go best with those that were, and that may be
-- sold today. A customer's latest products and each one's strongest relations count, so the work grows with the
-- customers and not with what the most loyal of them have in the cupboard; vars: product_affinity has the limits.
{%- set limits = var('product_affinity') %}
with buyers as (

    select
        bought_products.customer_id,
        row_number() over (order by bought_products.customer_id asc nulls last) as customer_number
    from {{ ref('int_customers__bought_products') }} as bought_products
    inner join {{ ref('int_identity__customers') }} as customers
        on bought_products.customer_id = customers.customer_id
    group by bought_products.customer_id

),

owned as (

    select
        buyers.customer_number,
        bought_products.product_number,
        row_number() over (
            partition by buyers.customer_number
            order by max(bought_products.order_date) desc nulls last, bought_products.product_number asc nulls last
        ) as latest_rank
    from {{ ref('int_customers__bought_products') }} as bought_products
    inner join buyers on bought_products.customer_id = buyers.customer_id
    group by buyers.customer_number, bought_products.product_number

),

products as (

    select * from {{ ref('int_customers__products_for_sale') }}

),

relations as (

    select
        one.product_number as from_number,
        other.product_number,
        affinity.lift_factor
    from {{ ref('fct_product_affinity') }} as affinity
    inner join products as one on affinity.from_product_key = one.product_key
    inner join products as other on affinity.to_product_key = other.product_key
    where affinity.lift_factor > 1 and other.is_eligible
    qualify row_number() over (
        partition by one.product_number
        order by
            affinity.lift_factor desc nulls last, affinity.order_count desc nulls last,
            other.product_number asc nulls last
    ) <= {{ limits.strongest_relations }}

),

-- What is owned stands among the candidates without a lift: one grouping then adds up the lifts and finds the owned.
candidates as (

    select
        owned.customer_number,
        relations.product_number,
        relations.lift_factor
    from owned
    inner join relations on owned.product_number = relations.from_number
    where owned.latest_rank <= {{ limits.latest_products }}
    union all
    select
        customer_number,
        product_number,
        cast(null as decimal(18, 6)) as lift_factor
    from owned

),

scored as (

    select
        customer_number,
        product_number,
        cast(sum(lift_factor) as decimal(18, 6)) as affinity_factor,
        count(*) as related_product_count
    from candidates
    group by customer_number, product_number
    having count(*) = count(lift_factor)

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_number
            order by
                affinity_factor desc nulls last, related_product_count desc nulls last, product_number asc nulls last
        ) as recommendation_rank
    from scored
    qualify recommendation_rank <= {{ limits.products_per_customer }}

),

fct_next_best_products as (

    select
        {{ surrogate_key(['buyers.customer_id', 'products.product_key']) }} as next_best_product_key,
        buyers.customer_id,
        products.product_key,
        ranked.recommendation_rank,
        ranked.related_product_count,
        ranked.affinity_factor,
        products.is_eligible_online,
        products.is_eligible_in_store
    from ranked
    inner join buyers on ranked.customer_number = buyers.customer_number
    inner join products on ranked.product_number = products.product_number

)

select * from fct_next_best_products
