with source as (

    select * from {{ source('amazon', 'transaction_lines') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['posted_at']) }} = 1

),

renamed as (

    select
        id as transaction_line_id,
        transaction_id,
        seller_sku as sku,
        asin,
        part,
        currency as currency_code,
        item_number,
        quantity,
        cast(amount as decimal(18, 4)) as amount,
        cast(posted_at as timestamp) as posted_at
    from latest

)

select * from renamed
