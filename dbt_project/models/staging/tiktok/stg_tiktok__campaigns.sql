with source as (

    select * from {{ source('tiktok', 'campaigns') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('campaign_id', ['modify_time']) }} = 1

),

renamed as (

    select
        campaign_id,
        advertiser_id as account_id,
        campaign_name,
        objective_type as objective,
        budget_mode,
        operation_status as campaign_status,
        secondary_status as effective_status,
        budget as budget_amount,
        cast(create_time as timestamp) as created_at,
        cast(modify_time as timestamp) as updated_at
    from latest

)

select * from renamed
