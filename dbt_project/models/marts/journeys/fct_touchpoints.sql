with touchpoints as (

    select * from {{ ref('int_journeys__touchpoints') }}

),

fct_touchpoints as (

    select
        touchpoint_id,
        source_system,
        customer_id,
        session_id,
        touch_type,
        channel,
        source,
        medium,
        campaign,
        campaign_id,
        landing_page_path,
        has_advertising_consent,
        touched_at,
        {{ to_reporting_date('touched_at') }} as touched_date
    from touchpoints

)

select * from fct_touchpoints
