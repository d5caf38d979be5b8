with source as (

    select * from {{ source('shopify', 'discount_allocations') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as discount_allocation_id,
        order_line_id,
        order_id,
        code as discount_code,
        discount_index,
        cast(amount as decimal(18, 4)) as amount
    from latest

)

select * from renamed
