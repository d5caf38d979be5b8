-- Catches a pair that is told one way only, or with another count or lift the other way round: a sign that the two ways
-- were counted from different baskets.
select
    one_way.from_product_key,
    one_way.to_product_key
from {{ ref('fct_product_affinity') }} as one_way
left join {{ ref('fct_product_affinity') }} as other_way
    on
        one_way.from_product_key = other_way.to_product_key
        and one_way.to_product_key = other_way.from_product_key
        and one_way.order_count = other_way.order_count
        and one_way.lift_factor = other_way.lift_factor
where other_way.product_affinity_key is null or one_way.from_product_key = one_way.to_product_key
