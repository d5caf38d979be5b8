-- A campaign is mailed on paper: `sent` to a household at the start of the campaign's first day (the file has no day
-- of posting), `redeemed` at the start of the day its coupon was handed in (the file has no hour), so that both stand
-- before that day's purchases. Days are the shops' own.
{% set zone = reporting_timezone() %}
with campaigns as (

    select * from {{ ref('stg_complete_journey__campaigns') }}

),

campaign_descriptions as (

    select * from {{ ref('stg_complete_journey__campaign_descriptions') }}

),

coupon_redemptions as (

    select * from {{ ref('stg_complete_journey__coupon_redemptions') }}

),

message_events as (

    select
        'sent' as event_type,
        'Campaign mailed' as event_name,
        household_id,
        campaign_id,
        campaign_id || ':' || household_id as event_id,
        cast(null as date) as event_date
    from campaigns
    union all
    select
        'redeemed' as event_type,
        'Coupon redeemed' as event_name,
        household_id,
        campaign_id,
        campaign_id || ':' || household_id || ':' || coupon_upc || ':'
        || cast(redemption_date as string) as event_id,
        redemption_date as event_date
    from coupon_redemptions

),

messages as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || message_events.event_type || ':' || message_events.event_id as message_event_key,
        message_events.campaign_id || ':' || message_events.household_id as message_id,
        'complete_journey:' || message_events.household_id as record_key,
        'direct_mail' as channel,
        message_events.event_type,
        message_events.event_name,
        message_events.campaign_id,
        'Campaign ' || message_events.campaign_id
        || coalesce(' (' || campaign_descriptions.campaign_type || ')', '') as campaign_name,
        cast(null as string) as url,
        {{ local_to_utc('coalesce(message_events.event_date, campaign_descriptions.start_date)', zone) }} as occurred_at
    from message_events
    left join campaign_descriptions on message_events.campaign_id = campaign_descriptions.campaign_id

)

select * from messages
