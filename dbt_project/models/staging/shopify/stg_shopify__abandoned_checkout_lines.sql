with source as (

    select * from {{ source('shopify', 'abandoned_checkout_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as checkout_line_id,
        checkout_id,
        variant_id,
        sku,
        title,
        quantity
    from latest

)

select * from renamed
