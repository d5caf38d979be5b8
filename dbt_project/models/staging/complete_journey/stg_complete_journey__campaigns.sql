with source as (

    select * from {{ source('complete_journey', 'campaigns') }}

),

renamed as (

    select
        cast(campaign_id as string) as campaign_id,
        cast(household_id as string) as household_id
    from source

)

select * from renamed
