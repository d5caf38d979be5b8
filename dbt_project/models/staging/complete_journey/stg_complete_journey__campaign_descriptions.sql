-- start_date and end_date are calendar days of the shops, carried as midnight without a zone.
with source as (

    select * from {{ source('complete_journey', 'campaign_descriptions') }}

),

renamed as (

    select
        cast(campaign_id as string) as campaign_id,
        cast(campaign_type as string) as campaign_type,
        cast(start_date as date) as start_date,
        cast(end_date as date) as end_date
    from source

)

select * from renamed
