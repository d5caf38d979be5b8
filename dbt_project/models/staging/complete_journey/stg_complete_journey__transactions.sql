-- Amounts arrive as binary floats of whole cents; the cast to decimal rounds each back to its exact cents, and only
-- exact values are summed afterwards. transaction_timestamp is UTC, although the package does not say so: its `week`
-- turns at 05:00 in winter and at 04:00 in summer, which is midnight in New York.
with source as (

    select * from {{ source('complete_journey', 'transactions') }}

),

renamed as (

    select
        cast(basket_id as string) as basket_id,
        cast(product_id as string) as product_id,
        cast(household_id as string) as household_id,
        cast(store_id as string) as store_id,
        cast(week as bigint) as week_number,
        cast(quantity as bigint) as quantity,
        cast(sales_value as decimal(18, 4)) as sales_value_amount,
        cast(retail_disc as decimal(18, 4)) as retail_discount_amount,
        cast(coupon_disc as decimal(18, 4)) as coupon_discount_amount,
        cast(coupon_match_disc as decimal(18, 4)) as coupon_match_discount_amount,
        cast(transaction_timestamp as timestamp) as transacted_at
    from source

)

select * from renamed
