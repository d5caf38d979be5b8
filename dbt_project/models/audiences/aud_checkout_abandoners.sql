-- Who began a check-out in the last three days and has not ordered since: the newest of them, with what lay in it.
-- Later than that it is an abandoned cart like others.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

candidates as (

    select
        carts.customer_id,
        carts.cart_value_amount as checkout_value_amount,
        carts.last_event_at as last_checkout_at
    from {{ ref('fct_carts') }} as carts
    cross join as_of
    left join {{ ref('dim_customers') }} as customers on carts.customer_id = customers.customer_id
    where
        carts.customer_id is not null
        and carts.is_checkout_started
        and carts.cart_status in ('open', 'abandoned')
        and carts.last_event_at > {{ dbt.dateadd('day', -3, 'as_of.as_of') }}
        and carts.last_event_at <= as_of.as_of
        -- By day, as a browser's clock may be wrong by minutes: whoever bought that day is left in peace.
        and coalesce(customers.last_order_date < {{ to_reporting_date('carts.last_event_at') }}, true)
    qualify row_number() over (
        partition by carts.customer_id order by carts.last_event_at desc nulls last, carts.cart_id asc nulls last
    ) = 1

)

select * from {{ eligible_members('candidates') }}
