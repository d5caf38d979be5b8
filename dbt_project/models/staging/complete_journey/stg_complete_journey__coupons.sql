-- The file repeats 4,872 of its rows word for word; a repetition says nothing more.
with source as (

    select * from {{ source('complete_journey', 'coupons') }}

),

renamed as (

    select distinct
        cast(coupon_upc as string) as coupon_upc,
        cast(product_id as string) as product_id,
        cast(campaign_id as string) as campaign_id
    from source

)

select * from renamed
