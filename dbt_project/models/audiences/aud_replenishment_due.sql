-- Who bought the same product on three days or more and is due for it again: the time since the last one lies between
-- 0.8 and 1.5 of their own average interval. Before that it is too early, after it they have found another shop. Of
-- several products the one that is most overdue, if it can be bought.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

purchases as (

    select
        customer_id,
        sku,
        count(distinct order_date) as day_count,
        min(order_date) as first_date,
        max(order_date) as last_date
    from {{ ref('fct_order_lines') }}
    where
        customer_id is not null
        and sku is not null
        and not (is_gift_card or is_test or is_cancelled)
        and quantity > refunded_quantity
    group by customer_id, sku

),

intervals as (

    select
        purchases.*,
        {{ dbt.datediff('purchases.first_date', 'purchases.last_date', 'day') }} as known_days,
        {{ dbt.datediff('purchases.last_date', to_reporting_date('as_of.as_of'), 'day') }} as since_days
    from purchases
    inner join {{ ref('int_inventory__eligible_products') }} as products
        on purchases.sku = products.sku and products.channel = 'online' and products.is_sellable
    cross join as_of
    where purchases.day_count >= 3

),

candidates as (

    select
        customer_id,
        sku as due_product_sku,
        last_date as last_bought_date,
        cast({{ safe_divide('known_days', '(day_count - 1)') }} as decimal(18, 4)) as interval_days
    from intervals
    where
        since_days * (day_count - 1) >= 0.8 * known_days
        and since_days * (day_count - 1) <= 1.5 * known_days
    qualify row_number() over (
        partition by customer_id
        order by
            {{ safe_divide('since_days * (day_count - 1)', 'known_days') }} desc nulls last,
            sku asc nulls last
    ) = 1

)

select * from {{ eligible_members('candidates') }}
