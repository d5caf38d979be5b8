-- A day of an account is landed as a whole, so of several loads of it only the last one counts (where loads append, as
-- on Spark, the earlier ones are still there). A day that lost its row is one without figures.
with source as (

    select * from {{ source('google_ads', 'account_metrics') }}

),

dated as (

    select
        *,
        max(_dlt_load_id) over (partition by customer_id, date) as last_load_id
    from source

),

renamed as (

    select
        customer_id as account_id,
        account_currency as currency_code,
        account_timezone,
        impressions,
        clicks,
        cast(cast(cost_micros as decimal(24, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(18, 4)) as spend_amount,
        cast(date as date) as metrics_date
    from dated
    where impressions is not null and _dlt_load_id is not distinct from last_load_id

)

select * from renamed
