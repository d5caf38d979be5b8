-- Who has bought exactly once, two to eight weeks ago, and sent nothing back: the one time when a reason to come again
-- matters most. With it goes the product that others bought next.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

next_products as (

    select
        customer_id,
        product_key
    from {{ ref('fct_next_best_products') }}
    where is_eligible_online
    qualify row_number() over (
        partition by customer_id order by recommendation_rank asc nulls last, product_key asc nulls last
    ) = 1

),

candidates as (

    select
        customers.customer_id,
        customers.first_order_date,
        next_products.product_key as next_product_key
    from {{ ref('dim_customers') }} as customers
    left join next_products on customers.customer_id = next_products.customer_id
    cross join as_of
    where
        customers.customer_type = 'person'
        and customers.order_count = 1
        and customers.return_count = 0
        and customers.last_order_date <= {{ dbt.dateadd('day', -14, to_reporting_date('as_of.as_of')) }}
        and customers.last_order_date > {{ dbt.dateadd('day', -56, to_reporting_date('as_of.as_of')) }}

)

select * from {{ eligible_members('candidates') }}
