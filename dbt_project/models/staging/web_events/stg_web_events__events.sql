with source as (

    select * from {{ source('web_events', 'events') }}

),

latest as {{ first_versions('source', 'message_id', ['received_at asc', 'source_file asc']) }},

renamed as (

    select
        message_id,
        anonymous_id,
        user_id,
        product_id,
        cart_id,
        checkout_id,
        order_id,
        type as message_type,
        event as event_name,
        page_url,
        page_path,
        page_referrer as referrer_url,
        page_title,
        page_search,
        campaign_source,
        campaign_medium,
        campaign_name,
        campaign_term,
        campaign_content,
        user_agent,
        ip as client_ip,
        locale,
        device_type,
        app_name,
        traits_email as email,
        traits_phone as phone,
        traits_first_name as first_name,
        traits_last_name as last_name,
        sku,
        product_name,
        currency_code,
        products as products_json,
        properties as properties_json,
        source_file,
        quantity,
        cast(price_amount as decimal(18, 4)) as price_amount,
        cast(revenue_amount as decimal(18, 4)) as revenue_amount,
        cast(total_amount as decimal(18, 4)) as total_amount,
        cast(shipping_amount as decimal(18, 4)) as shipping_amount,
        cast(tax_amount as decimal(18, 4)) as tax_amount,
        consent_advertising as has_advertising_consent,
        consent_analytics as has_analytics_consent,
        cast(received_at as timestamp) as received_at,
        cast(timestamp as timestamp) as occurred_at
    from latest

)

select * from renamed
