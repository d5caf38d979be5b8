-- Who buys online only and lives in a city that has a store of ours: one could fetch the next order there. The city and
-- region of the golden record; a name that two states share is not the same city.
with stores as (

    select
        lower(city) as city,
        region_code,
        country_code,
        location_name
    from {{ ref('dim_locations') }}
    where location_type = 'store' and is_active and city is not null
    qualify row_number() over (
        partition by lower(city), region_code, country_code order by location_key asc nulls last
    ) = 1

),

candidates as (

    select
        customers.customer_id,
        stores.location_name as store_name,
        customers.last_order_date
    from {{ ref('dim_customers') }} as customers
    inner join {{ ref('int_customers__golden_record') }} as people on customers.customer_id = people.customer_id
    inner join stores
        on
            lower(people.city) = stores.city
            and people.region_code = stores.region_code
            and people.country_code = stores.country_code
    where
        customers.customer_type = 'person'
        and customers.order_count > 0
        and customers.store_first_seen_at is null

)

select * from {{ eligible_members('candidates') }}
