-- Who buys in stores and was never seen on the site or in the app, but agreed to be written to: they do not know yet
-- that all of it can be had online.
with candidates as (

    select
        customer_id,
        last_order_date,
        order_count
    from {{ ref('dim_customers') }}
    where
        customer_type = 'person'
        and order_count > 0
        and store_first_seen_at is not null
        and web_first_seen_at is null
        and app_first_seen_at is null
        and marketplace_first_seen_at is null

)

select * from {{ eligible_members('candidates') }}
