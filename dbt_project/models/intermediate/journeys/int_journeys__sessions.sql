-- Where the visitor came from is what the session's first event says, or the short address that it landed on; whose it
-- is, is what any of its events says
-- (a log-in in mid-visit names the visitor of the whole visit, and no session has two users).
with session_events as (

    select
        session_events.session_id,
        session_events.is_session_start,
        {{ traffic_source_key() }} as traffic_source_key,
        lower(replace(events.event_name, ' ', '_')) as action,
        events.*
    from {{ ref('int_journeys__session_events') }} as session_events
    inner join {{ ref('int_events__events') }} as events on session_events.event_key = events.event_key

),

traffic_sources as (

    select * from {{ ref('int_journeys__traffic_sources') }}

),

landings as (

    select
        session_id,
        traffic_source_key,
        {{ campaign_word('utm_campaign') }} as campaign,
        utm_content as campaign_content,
        utm_term as campaign_term,
        click_id_type,
        click_id,
        page_host as landing_page_host,
        page_path as landing_page_path
    from session_events
    where is_session_start

),

totals as (

    select
        session_id,
        max(source_system) as source_system,
        max(visitor_key) as visitor_key,
        max(anonymous_id) as anonymous_id,
        max(user_id) as user_id,
        coalesce(max(case when user_id is not null then record_key end), max(record_key)) as record_key,
        max(device_type) as device_type,
        count(*) as event_count,
        count(case when event_type in ('page', 'screen') then 1 end) as page_view_count,
        count(case when action = 'product_viewed' then 1 end) as product_view_count,
        count(case when action = 'product_added' then 1 end) as cart_addition_count,
        count(case when action = 'checkout_started' then 1 end) as checkout_count,
        -- A reloaded thank-you page says the same order again.
        count(distinct case when action = 'order_completed' then order_id end) as order_count,
        bool_or(is_bot) as is_bot,
        bool_or(is_test_host) as is_test_host,
        -- One refusal in a visit is a refusal; null where the visitor was never asked.
        bool_and(has_advertising_consent) as has_advertising_consent,
        bool_and(has_analytics_consent) as has_analytics_consent,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        max(received_at) as received_at
    from session_events
    group by session_id

),

sessions as (

    select
        totals.session_id,
        totals.source_system,
        totals.visitor_key,
        totals.anonymous_id,
        totals.user_id,
        totals.record_key,
        record_customers.customer_id,
        coalesce(vanity_pages.channel, traffic_sources.channel) as channel,
        coalesce(vanity_pages.source, traffic_sources.source) as source,
        traffic_sources.medium,
        traffic_sources.referrer_host,
        coalesce(vanity_pages.campaign, landings.campaign) as campaign,
        landings.campaign_content,
        landings.campaign_term,
        landings.click_id_type,
        landings.click_id,
        landings.landing_page_host,
        landings.landing_page_path,
        totals.device_type,
        totals.event_count,
        totals.page_view_count,
        totals.product_view_count,
        totals.cart_addition_count,
        totals.checkout_count,
        totals.order_count,
        totals.is_bot,
        totals.is_test_host,
        totals.has_advertising_consent,
        totals.has_analytics_consent,
        totals.started_at,
        totals.ended_at,
        totals.received_at
    from totals
    inner join landings on totals.session_id = landings.session_id
    left join traffic_sources on landings.traffic_source_key = traffic_sources.traffic_source_key
    left join {{ ref('vanity_pages') }} as vanity_pages
        on
            traffic_sources.channel = 'direct'
            and lower(landings.landing_page_path) in (vanity_pages.page_path, vanity_pages.page_path || '/')
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on totals.record_key = record_customers.record_key

)

select * from sessions
