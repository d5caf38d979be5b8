-- Category affinity: whose favourite kind of product has an arrival of the last 30 days that can be bought. A favourite
-- is what they bought on two days or more, and most of; the arrival told is the newest.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

products as (

    select
        variants.product_type,
        variants.sku,
        variants.created_at,
        row_number() over (
            partition by variants.product_type order by variants.created_at desc nulls last, variants.sku asc nulls last
        ) as newest_place
    from {{ ref('dim_products') }} as variants
    inner join {{ ref('int_inventory__eligible_products') }} as eligible
        on variants.sku = eligible.sku and eligible.channel = 'online' and eligible.is_sellable
    cross join as_of
    where
        variants.product_type is not null
        and variants.created_at > {{ dbt.dateadd('day', -30, 'as_of.as_of') }}

),

favourites as (

    select
        lines.customer_id,
        variants.product_type,
        count(distinct lines.order_date) as day_count,
        sum(lines.quantity) as quantity
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('dim_products') }} as variants on lines.variant_key = variants.variant_key
    where
        lines.customer_id is not null
        and variants.product_type is not null
        and not (lines.is_gift_card or lines.is_test or lines.is_cancelled)
    group by lines.customer_id, variants.product_type
    qualify row_number() over (
        partition by lines.customer_id
        order by sum(lines.quantity) desc nulls last, variants.product_type asc nulls last
    ) = 1

),

candidates as (

    select
        favourites.customer_id,
        favourites.product_type as favourite_product_type,
        products.sku as new_product_sku
    from favourites
    inner join products on favourites.product_type = products.product_type and products.newest_place = 1
    where favourites.day_count >= 2

)

select * from {{ eligible_members('candidates') }}
