-- Campaign words as the library read them, else from the URL; click ids stand in the URL alone, and the first in it
-- counts. Names of actions are those of Segment's e-commerce specification, as sent; an unknown one stays.
{%- set click_ids = 'gclid|gbraid|wbraid|dclid|fbclid|ttclid|msclkid|epik' %}
with events as (

    select * from {{ ref('stg_web_events__events') }}

),

shaped as (

    select
        'web_events' as source_system,
        'web_events:' || message_id as event_key,
        message_id as event_id,
        message_type as event_type,
        coalesce(event_name, message_type) as event_name,
        case
            when anonymous_id is not null or user_id is not null
                then 'web_events:' || coalesce(anonymous_id, '') || '|' || coalesce(user_id, '')
        end as record_key,
        anonymous_id,
        user_id,
        page_url,
        {{ url_host('page_url') }} as page_host,
        coalesce(page_path, {{ url_path('page_url') }}) as page_path,
        page_title,
        referrer_url,
        coalesce(campaign_source, {{ url_param('page_url', 'utm_source') }}) as utm_source,
        coalesce(campaign_medium, {{ url_param('page_url', 'utm_medium') }}) as utm_medium,
        coalesce(campaign_name, {{ url_param('page_url', 'utm_campaign') }}) as utm_campaign,
        coalesce(campaign_term, {{ url_param('page_url', 'utm_term') }}) as utm_term,
        coalesce(campaign_content, {{ url_param('page_url', 'utm_content') }}) as utm_content,
        nullif(lower(regexp_extract(page_url, '(?i)[?&]({{ click_ids }})=[^&#]', 1)), '') as click_id_type,
        {{ url_decoded("nullif(regexp_extract(page_url, '(?i)[?&](?:" ~ click_ids ~ ")=([^&#]+)', 1), '')") }}
            as click_id,
        case when app_name is not null then 'app' else device_type end as device_type,
        user_agent,
        locale,
        product_id,
        sku,
        cart_id,
        checkout_id as checkout_token,
        order_id,
        currency_code,
        quantity,
        price_amount,
        cast(coalesce(revenue_amount, price_amount * coalesce(quantity, 1)) as decimal(18, 4)) as value_amount,
        has_advertising_consent,
        has_analytics_consent,
        occurred_at,
        received_at
    from events

)

select * from shaped
