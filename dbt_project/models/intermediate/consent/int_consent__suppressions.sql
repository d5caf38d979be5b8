-- Addresses that a tool must not write to whatever the person wants: bounced, invalid, complained, or blocked by hand.
-- Unsubscribing is consent, not suppression, and comes with the statements; Klaviyo repeats it here, and lifts it when
-- the person subscribes again.
with profiles as (

    select * from {{ ref('stg_klaviyo__profiles') }}

),

messages as (

    {{ union_shape('messages') }}

),

listed as (

    select
        profiles.profile_id,
        profiles.updated_at,
        {{ json_text('suppression.suppression_json', 'reason') }} as reason,
        {{ json_text('suppression.suppression_json', 'timestamp') }} as suppressed_at
    from profiles
        {{ unnest_lateral(json_text_array('profiles.email_suppressions_json'), 'suppression', 'suppression_json') }}

),

suppressions as (

    select
        'klaviyo:' || profile_id as record_key,
        'email' as channel,
        'marketing' as purpose,
        lower(coalesce(reason, 'unknown')) as suppression_reason,
        'klaviyo:' || profile_id || ':suppression:' || lower(coalesce(reason, 'unknown')) as evidence_id,
        coalesce(try_cast(suppressed_at as timestamp), updated_at) as suppressed_at
    from listed
    where coalesce(reason, 'unknown') <> 'UNSUBSCRIBE'

    union all

    select
        record_key,
        channel,
        'marketing' as purpose,
        'spam_complaint' as suppression_reason,
        message_event_key as evidence_id,
        occurred_at as suppressed_at
    from messages
    where event_type = 'complained'

)

select * from suppressions
