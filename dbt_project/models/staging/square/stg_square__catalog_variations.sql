with source as (

    select * from {{ source('square', 'catalog_variations') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as variation_id,
        item_id,
        name as variation_name,
        sku,
        upc,
        currency as currency_code,
        cast({{ from_minor_units('price_money', 'currency') }} as decimal(18, 6)) as unit_price,
        is_deleted,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
