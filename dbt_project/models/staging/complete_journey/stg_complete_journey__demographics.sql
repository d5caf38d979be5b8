with source as (

    select * from {{ source('complete_journey', 'demographics') }}

),

renamed as (

    select
        cast(household_id as string) as household_id,
        cast(age as string) as age_band,
        cast(income as string) as income_band,
        cast(home_ownership as string) as home_ownership,
        cast(marital_status as string) as marital_status,
        cast(household_size as string) as household_size_band,
        cast(household_comp as string) as household_composition,
        cast(kids_count as string) as children_band
    from source

)

select * from renamed
