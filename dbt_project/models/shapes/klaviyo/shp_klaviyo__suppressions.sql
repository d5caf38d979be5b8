-- Addresses that Klaviyo does not write to whatever the person wants: bounced, invalid, complained, or blocked by hand.
-- Unsubscribing is consent, not suppression, and comes with the consents; Klaviyo repeats it here, and lifts it when
-- the person subscribes again.
with profiles as (

    select * from {{ ref('stg_klaviyo__profiles') }}

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

shaped as (

    select
        'klaviyo' as source_system,
        'klaviyo:' || profile_id || ':suppression:' || lower(coalesce(reason, 'unknown')) as suppression_key,
        'klaviyo:' || profile_id as record_key,
        'email' as channel,
        'marketing' as purpose,
        lower(coalesce(reason, 'unknown')) as suppression_reason,
        coalesce(try_cast(suppressed_at as timestamp), updated_at) as suppressed_at
    from listed
    where coalesce(reason, 'unknown') <> 'UNSUBSCRIBE'

)

select * from shaped
