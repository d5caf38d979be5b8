with source as (

    select * from {{ source('square', 'order_returns') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['order_updated_at']) }} = 1

),

renamed as (

    select
        id as order_return_id,
        order_id,
        uid as return_uid,
        source_order_id,
        currency as currency_code,
        {{ from_minor_units('total_money', 'currency') }} as total_amount,
        {{ from_minor_units('coalesce(tax_money, 0)', 'currency') }} as tax_amount,
        {{ from_minor_units('coalesce(discount_money, 0)', 'currency') }} as discount_amount,
        {{ from_minor_units('coalesce(tip_money, 0)', 'currency') }} as tip_amount,
        {{ from_minor_units('coalesce(service_charge_money, 0)', 'currency') }} as service_charge_amount,
        cast(order_updated_at as timestamp) as order_updated_at
    from latest

)

select * from renamed
