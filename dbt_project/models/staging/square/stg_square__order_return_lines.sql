with source as (

    select * from {{ source('square', 'order_return_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['order_updated_at']) }} = 1

),

renamed as (

    select
        id as order_return_line_id,
        order_id,
        order_id || ':' || return_uid as order_return_id,
        source_order_id,
        source_line_item_uid as source_line_uid,
        catalog_object_id as variation_id,
        name as item_name,
        variation_name,
        item_type,
        currency as currency_code,
        cast(quantity as decimal(18, 5)) as quantity,
        {{ from_minor_units('gross_return_money', 'currency') }} as gross_amount,
        {{ from_minor_units('coalesce(total_discount_money, 0)', 'currency') }} as discount_amount,
        {{ from_minor_units('coalesce(total_tax_money, 0)', 'currency') }} as tax_amount,
        {{ from_minor_units('coalesce(total_service_charge_money, 0)', 'currency') }} as service_charge_amount,
        {{ from_minor_units('total_money', 'currency') }} as total_amount,
        cast(order_updated_at as timestamp) as order_updated_at
    from latest

)

select * from renamed
