-- Square knows one thing: that somebody unsubscribed from its marketing e-mail, not when. Silence is no consent, so it
-- makes no row.
with customers as (

    select * from {{ ref('stg_square__customers') }}

),

shaped as (

    select
        'square' as source_system,
        'square:' || customer_id || ':email:undated:marketing' as consent_key,
        'square:' || customer_id as record_key,
        'email' as channel,
        'marketing' as purpose,
        'denied' as consent_status,
        'square:' || customer_id || ':email:undated' as evidence_id,
        'unversioned' as policy_version,
        cast(null as timestamp) as changed_at
    from customers
    where is_email_unsubscribed

)

select * from shaped
