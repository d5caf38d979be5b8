-- Orders that Klaviyo repeats ('Placed Order') are no messages and no revenue: the shop itself tells of them. A metric
-- we have no word for stays, as 'other' under its own name.
with events as (

    select * from {{ ref('stg_klaviyo__events') }}

),

metrics as (

    select * from {{ ref('stg_klaviyo__metrics') }}

),

named as (

    select
        events.*,
        coalesce(metrics.metric_name, 'unknown metric') as metric_name
    from events
    left join metrics on events.metric_id = metrics.metric_id

),

shaped as (

    select
        'klaviyo' as source_system,
        'klaviyo:' || event_id as message_event_key,
        message_id,
        'klaviyo:' || profile_id as record_key,
        case
            when lower(metric_name) like '%sms%' or lower(metric_name) like '%text message%' then 'sms'
            when lower(metric_name) like '%push%' then 'push'
            else 'email'
        end as channel,
        case
            when metric_name like 'Received %' then 'delivered'
            when metric_name like 'Opened %' then 'opened'
            when metric_name like 'Clicked %' then 'clicked'
            when metric_name like 'Bounced %' then 'bounced'
            when metric_name like 'Dropped %' then 'dropped'
            when metric_name like 'Marked %' then 'complained'
            when metric_name like 'Unsubscribed %' then 'unsubscribed'
            when metric_name like 'Subscribed %' then 'subscribed'
            else 'other'
        end as event_type,
        metric_name as event_name,
        campaign_id,
        campaign_name,
        url,
        occurred_at
    from named
    where metric_name not in ('Placed Order', 'Ordered Product', 'Fulfilled Order', 'Cancelled Order', 'Refunded Order')

)

select * from shaped
