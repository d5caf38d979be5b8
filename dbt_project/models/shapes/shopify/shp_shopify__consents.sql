-- The state as it stands, dated by its last change: Shopify keeps no history, so a later state is a new row and the one
-- before is gone. Never asked (NOT_SUBSCRIBED) is unknown, which is not consent.
with customers as (

    select * from {{ ref('stg_shopify__customers') }}

),

states as (

    select
        customer_id,
        'email' as channel,
        email_marketing_state as marketing_state,
        email_marketing_opt_in_level as opt_in_level,
        email_marketing_updated_at as changed_at
    from customers
    union all
    select
        customer_id,
        'sms' as channel,
        sms_marketing_state as marketing_state,
        cast(null as string) as opt_in_level,
        sms_marketing_updated_at as changed_at
    from customers

),

evidenced as (

    select
        *,
        'shopify:' || customer_id || ':' || channel || ':'
        || coalesce({{ format_date('changed_at', '%Y-%m-%dT%H:%M:%SZ') }}, 'undated') as evidence_id
    from states
    where marketing_state is not null

),

shaped as (

    select
        'shopify' as source_system,
        evidence_id || ':marketing' as consent_key,
        'shopify:' || customer_id as record_key,
        channel,
        'marketing' as purpose,
        case
            when marketing_state = 'SUBSCRIBED' then 'granted'
            when marketing_state in ('UNSUBSCRIBED', 'REDACTED') then 'denied'
            when marketing_state = 'PENDING' then 'pending'
            else 'unknown'
        end as consent_status,
        evidence_id,
        coalesce(lower(opt_in_level), 'unversioned') as policy_version,
        changed_at
    from evidenced

)

select * from shaped
