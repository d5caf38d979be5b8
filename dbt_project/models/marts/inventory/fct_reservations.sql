with reservations as (

    select * from {{ ref('int_inventory__reservations') }}

),

fct_reservations as (

    select
        reservation_key,
        source_system,
        document_key,
        variant_key,
        sku,
        location_key,
        order_key,
        reservation_status,
        quantity,
        placed_at,
        expires_at,
        ended_at
    from reservations

)

select * from fct_reservations
