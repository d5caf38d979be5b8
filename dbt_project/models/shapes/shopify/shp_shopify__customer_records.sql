-- A record is a customer, or an order that a guest placed (each guest order is its own record: only identity says which
-- belong together). A customer known from orders alone, because it was deleted or has not landed yet, is a record too,
-- named by its newest order, so that its orders keep one owner.
with customers as (

    select * from {{ ref('stg_shopify__customers') }}

),

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

customer_records as (

    select
        customer_id as source_record_id,
        'customer' as record_type,
        first_name as given_name,
        last_name as family_name,
        address_line,
        city,
        province_code as region_code,
        postal_code,
        country_code,
        false as is_test,
        created_at,
        updated_at
    from customers

),

orders_without_record as (

    select
        orders.*,
        coalesce(orders.customer_id, 'order-' || orders.order_id) as source_record_id,
        case when orders.customer_id is null then 'guest_checkout' else 'customer' end as record_type,
        min(orders.created_at) over (
            partition by coalesce(orders.customer_id, 'order-' || orders.order_id)
        ) as first_order_at
    from orders
    left join customers on orders.customer_id = customers.customer_id
    where customers.customer_id is null

),

order_records as (

    select
        source_record_id,
        record_type,
        shipping_first_name as given_name,
        shipping_last_name as family_name,
        shipping_address_line as address_line,
        shipping_city as city,
        shipping_province_code as region_code,
        shipping_postal_code as postal_code,
        shipping_country_code as country_code,
        is_test,
        first_order_at as created_at,
        updated_at
    from orders_without_record
    qualify row_number() over (
        partition by source_record_id
        order by created_at desc nulls last, order_id desc nulls last
    ) = 1

),

records as (

    select * from customer_records
    union all
    select * from order_records

),

shaped as (

    select
        'shopify' as source_system,
        source_record_id,
        'shopify:' || source_record_id as record_key,
        record_type,
        given_name,
        family_name,
        cast(null as date) as birth_date,
        address_line,
        city,
        region_code,
        postal_code,
        country_code,
        cast(null as string) as merged_into_record_id,
        is_test,
        created_at,
        updated_at
    from records

)

select * from shaped
