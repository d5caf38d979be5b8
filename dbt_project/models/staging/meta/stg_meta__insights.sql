-- A day of an account is landed as a whole, so of several loads of it only the last one counts (where loads append, as
-- on Spark, the earlier ones are still there). A day that lost its last row is one row without an ad.
with source as (

    select * from {{ source('meta', 'insights') }}

),

dated as (

    select
        *,
        max(_dlt_load_id) over (partition by account_id, date_start) as last_load_id
    from source

),

renamed as (

    select
        account_id,
        account_name,
        account_currency as currency_code,
        account_timezone,
        campaign_id,
        campaign_name,
        adset_id as ad_set_id,
        adset_name as ad_set_name,
        ad_id,
        ad_name,
        publisher_platform as publisher,
        attribution_setting,
        impressions,
        clicks,
        inline_link_clicks,
        spend as spend_amount,
        actions as actions_json,
        action_values as action_values_json,
        cast(date_start as date) as insight_date
    from dated
    where ad_id is not null and _dlt_load_id is not distinct from last_load_id

)

select * from renamed
