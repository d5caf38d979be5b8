with source as (

    select * from {{ source('klaviyo', 'events') }}

),

latest as {{ first_versions('source', 'id', ['datetime']) }},

renamed as (

    select
        id as event_id,
        metric_id,
        profile_id,
        campaign_id,
        message_id,
        flow_id,
        uuid as event_uuid,
        campaign_name,
        url,
        event_properties as properties_json,
        cast(datetime as timestamp) as occurred_at
    from latest

)

select * from renamed
