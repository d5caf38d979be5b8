-- Catches a recommendation of what the customer has bought already (in whatever channel and size), of what no channel
-- may sell now, and a customer with a gap in his ranks or more products than asked for.
with for_sale as (

    select distinct product_groups.product_key
    from {{ ref('int_inventory__eligible_products') }} as eligible_products
    inner join {{ ref('int_customers__product_groups') }} as product_groups
        on eligible_products.sku = product_groups.sku
    where eligible_products.is_eligible

),

bought as (

    select distinct
        bought_products.customer_id,
        product_groups.product_key
    from {{ ref('int_customers__bought_products') }} as bought_products
    inner join {{ ref('int_customers__product_groups') }} as product_groups
        on bought_products.product_number = product_groups.product_number

),

ranks as (

    select customer_id
    from {{ ref('fct_next_best_products') }}
    group by customer_id
    having
        count(*) <> max(recommendation_rank)
        or min(recommendation_rank) <> 1
        or count(*) > {{ var('product_affinity').products_per_customer }}

)

select
    recommended.customer_id,
    recommended.product_key
from {{ ref('fct_next_best_products') }} as recommended
left join for_sale on recommended.product_key = for_sale.product_key
left join bought
    on recommended.customer_id = bought.customer_id and recommended.product_key = bought.product_key
left join ranks on recommended.customer_id = ranks.customer_id
where for_sale.product_key is null or bought.product_key is not null or ranks.customer_id is not null
