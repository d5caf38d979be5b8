with touchpoints as (

    select * from {{ ref('int_journeys__touchpoints') }}

),

watermark as (

    select * from {{ ref('int_as_of') }}

),

fct_touchpoints as (

    select
        touchpoints.touchpoint_id,
        touchpoints.source_system,
        touchpoints.customer_id,
        touchpoints.session_id,
        touchpoints.touch_type,
        touchpoints.channel,
        touchpoints.source,
        touchpoints.medium,
        touchpoints.campaign,
        touchpoints.campaign_id,
        touchpoints.landing_page_path,
        touchpoints.has_advertising_consent,
        touchpoints.touched_at > watermark.as_of as is_in_future,
        touchpoints.touched_at,
        {{ to_reporting_date('touchpoints.touched_at') }} as touched_date
    from touchpoints
    cross join watermark

)

select * from fct_touchpoints
