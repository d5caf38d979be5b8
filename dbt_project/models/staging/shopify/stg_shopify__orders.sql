with source as (

    select * from {{ source('shopify', 'orders') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as order_id,
        customer_id,
        retail_location_id,
        name as order_name,
        cancel_reason,
        currency_code,
        presentment_currency_code,
        financial_status,
        fulfillment_status as fulfilment_status,
        return_status,
        source_name,
        email,
        phone,
        checkout_token,
        cart_token,
        client_ip,
        landing_page_url,
        referrer_url,
        discount_codes as discount_codes_json,
        tags as tags_json,
        shipping_first_name,
        shipping_last_name,
        shipping_address1 as shipping_address_line,
        shipping_city,
        shipping_province_code,
        shipping_country_code,
        shipping_zip as shipping_postal_code,
        number as order_number,
        cast(subtotal_amount as decimal(18, 4)) as subtotal_amount,
        cast(discounts_amount as decimal(18, 4)) as discount_amount,
        cast(shipping_amount as decimal(18, 4)) as shipping_amount,
        cast(tax_amount as decimal(18, 4)) as tax_amount,
        cast(tip_amount as decimal(18, 4)) as tip_amount,
        cast(total_amount as decimal(18, 4)) as total_amount,
        cast(original_total_amount as decimal(18, 4)) as original_total_amount,
        cast(presentment_total_amount as decimal(18, 4)) as presentment_total_amount,
        cast(net_payment_amount as decimal(18, 4)) as net_payment_amount,
        cast(current_total_amount as decimal(18, 4)) as current_total_amount,
        cast(refunded_amount as decimal(18, 4)) as refunded_amount,
        is_test,
        is_edited,
        is_taxes_included as is_tax_included,
        cast(created_at as timestamp) as created_at,
        cast(processed_at as timestamp) as processed_at,
        cast(updated_at as timestamp) as updated_at,
        cast(cancelled_at as timestamp) as cancelled_at,
        cast(closed_at as timestamp) as closed_at
    from latest

)

select * from renamed
