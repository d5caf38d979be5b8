-- Who bought on marketplaces only, and gave the shop itself an address and their consent since: a reason to come to
-- the shop. An address by which a marketplace hides its buyers is no contact point (seed masked_email_domains), so
-- whoever has no other is never told anywhere.
with buyers as (

    select
        customer_id,
        max(order_date) as last_order_date
    from {{ ref('fct_orders') }}
    where customer_id is not null and not (is_test or is_cancelled or is_return)
    group by customer_id
    having bool_and(channel = 'marketplace')

),

candidates as (

    select
        buyers.customer_id,
        buyers.last_order_date
    from buyers
    inner join {{ ref('dim_customers') }} as customers on buyers.customer_id = customers.customer_id
    where customers.customer_type = 'person'

)

select * from {{ eligible_members('candidates') }}
