with source as (

    select * from {{ source('complete_journey', 'coupon_redemptions') }}

),

renamed as (

    select
        cast(household_id as string) as household_id,
        cast(coupon_upc as string) as coupon_upc,
        cast(campaign_id as string) as campaign_id,
        cast(redemption_date as date) as redemption_date
    from source

)

select * from renamed
