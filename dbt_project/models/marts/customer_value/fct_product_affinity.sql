-- Products bought together more, or less, often than chance would have it. Both ways of a pair are rows: the lift is
-- the same, the confidence is not. Rare products and the largest baskets are left out before products are paired, so
-- the pairs stay few whatever the shop sells; vars: product_affinity has the limits.
{%- set limits = var('product_affinity') %}
with bought_products as (

    select
        order_number,
        product_number,
        count(*) over (partition by order_number) as basket_size
    from {{ ref('int_customers__bought_products') }}

),

baskets as (

    select
        order_number,
        product_number
    from bought_products
    where basket_size <= {{ limits.maximum_basket_products }}

),

totals as (

    select count(distinct order_number) as total_order_count
    from baskets

),

product_keys as (

    select distinct
        product_number,
        product_key
    from {{ ref('int_customers__product_groups') }}

),

products as (

    select
        baskets.product_number,
        product_keys.product_key,
        totals.total_order_count,
        count(*) as order_count
    from baskets
    inner join product_keys on baskets.product_number = product_keys.product_number
    cross join totals
    group by baskets.product_number, product_keys.product_key, totals.total_order_count
    having
        count(*) >= {{ limits.minimum_orders }}
        and count(*) >= {{ limits.minimum_order_share }} * totals.total_order_count

),

frequent as (

    select
        baskets.order_number,
        baskets.product_number
    from baskets
    inner join products on baskets.product_number = products.product_number

),

pairs as (

    select
        one.product_number as first_number,
        other.product_number as second_number,
        count(*) as order_count
    from frequent as one
    inner join frequent as other
        on one.order_number = other.order_number and one.product_number < other.product_number
    group by one.product_number, other.product_number
    having count(*) >= {{ limits.minimum_pair_orders }}

),

both_ways as (

    select
        first_number as from_number,
        second_number as to_number,
        order_count
    from pairs
    union all
    select
        second_number as from_number,
        first_number as to_number,
        order_count
    from pairs

),

fct_product_affinity as (

    select
        {{ surrogate_key(['one.product_key', 'other.product_key']) }} as product_affinity_key,
        one.product_key as from_product_key,
        other.product_key as to_product_key,
        both_ways.order_count,
        one.order_count as from_order_count,
        other.order_count as to_order_count,
        one.total_order_count,
        cast(both_ways.order_count / one.total_order_count as decimal(18, 6)) as support_share,
        cast(both_ways.order_count / one.order_count as decimal(18, 6)) as confidence_share,
        cast(
            both_ways.order_count * one.total_order_count / (one.order_count * other.order_count) as decimal(18, 6)
        ) as lift_factor
    from both_ways
    inner join products as one on both_ways.from_number = one.product_number
    inner join products as other on both_ways.to_number = other.product_number

)

select * from fct_product_affinity
