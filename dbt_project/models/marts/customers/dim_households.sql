-- Households apart from persons. No address and no name: the key is a keyed hash of both.
with members as (

    select * from {{ ref('int_identity__households') }}
    where household_key is not null

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

households as (

    select
        members.household_key,
        case when min(customers.customer_type) = 'household' then 'card' else 'address' end as household_type,
        min(customers.country_code) as country_code,
        min(customers.region_code) as region_code,
        count(*) as member_count,
        min(customers.first_seen_at) as first_seen_at
    from members
    inner join customers on members.customer_id = customers.customer_id
    group by members.household_key

)

select * from households
