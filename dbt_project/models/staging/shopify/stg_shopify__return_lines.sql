with source as (

    select * from {{ source('shopify', 'return_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as return_line_id,
        return_id,
        order_id,
        order_line_id,
        return_reason,
        quantity
    from latest

)

select * from renamed
