with source as (

    select * from {{ source('klaviyo', 'campaigns') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as campaign_id,
        name as campaign_name,
        channel,
        status as campaign_status,
        is_archived,
        cast(send_time as timestamp) as sent_at,
        cast(scheduled_at as timestamp) as scheduled_at,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
