with sessions as (

    select * from {{ ref('int_journeys__sessions') }}

),

fct_sessions as (

    select
        session_id,
        source_system,
        customer_id,
        {{ surrogate_key(['visitor_key']) }} as visitor_id,
        channel,
        source,
        medium,
        campaign,
        campaign_content,
        campaign_term,
        click_id_type,
        referrer_host,
        landing_page_host,
        landing_page_path,
        device_type,
        event_count,
        page_view_count,
        product_view_count,
        cart_addition_count,
        checkout_count,
        order_count,
        {{ epoch_seconds('ended_at') }} - {{ epoch_seconds('started_at') }} as duration_seconds,
        order_count > 0 as is_converted,
        user_id is not null as is_logged_in,
        is_bot,
        is_test_host,
        has_advertising_consent,
        has_analytics_consent,
        started_at,
        ended_at,
        {{ to_reporting_date('started_at') }} as started_date
    from sessions

)

select * from fct_sessions
