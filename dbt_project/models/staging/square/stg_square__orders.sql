with source as (

    select * from {{ source('square', 'orders') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as order_id,
        location_id,
        customer_id,
        reference_id,
        ticket_name,
        state as order_state,
        source_name,
        currency as currency_code,
        {{ from_minor_units('total_money', 'currency') }} as total_amount,
        {{ from_minor_units('coalesce(total_tax_money, 0)', 'currency') }} as tax_amount,
        {{ from_minor_units('coalesce(total_discount_money, 0)', 'currency') }} as discount_amount,
        {{ from_minor_units('coalesce(total_tip_money, 0)', 'currency') }} as tip_amount,
        {{ from_minor_units('coalesce(total_service_charge_money, 0)', 'currency') }} as service_charge_amount,
        {{ from_minor_units('coalesce(rounding_money, 0)', 'currency') }} as rounding_amount,
        {{ from_minor_units('net_money', 'currency') }} as net_amount,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at,
        cast(closed_at as timestamp) as closed_at
    from latest

)

select * from renamed
