-- Without a customer the check-out's owner is known to the web events alone, by the check-out token.
with abandoned_checkouts as (

    select * from {{ ref('stg_shopify__abandoned_checkouts') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || checkout_id as checkout_key,
        checkout_id,
        'shopify:' || customer_id as record_key,
        currency_code,
        total_amount,
        created_at,
        completed_at,
        updated_at
    from abandoned_checkouts

)

select * from shaped
