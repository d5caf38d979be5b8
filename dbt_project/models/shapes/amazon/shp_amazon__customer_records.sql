-- Amazon knows its buyers and tells nobody: each order is a record of its own, of which nothing is known but where it
-- goes. No two of them are ever one customer.
with orders as (

    {{ amazon_orders() }}

),

shaped as (

    select
        'amazon' as source_system,
        'order-' || order_id as source_record_id,
        'amazon:order-' || order_id as record_key,
        'marketplace_order' as record_type,
        cast(null as string) as given_name,
        cast(null as string) as family_name,
        cast(null as date) as birth_date,
        cast(null as string) as address_line,
        city,
        region_code,
        postal_code,
        country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        created_at,
        updated_at
    from orders

)

select * from shaped
