-- A user's addresses are its identities; those of a user that was merged into this one are among them. A phone on the
-- profile is the user's own only where Zendesk does not call it shared. Its tickets' ids lead to it from surveys.
with users as (

    select * from {{ ref('stg_zendesk__users') }}
    where role = 'end-user' and not is_permanently_deleted

),

user_identities as (

    select
        identities.user_id,
        case when identities.identity_type = 'email' then 'email' else 'phone' end as identifier_type,
        identities.identity_value,
        identities.created_at,
        users.updated_at
    from {{ ref('stg_zendesk__user_identities') }} as identities
    inner join users on identities.user_id = users.user_id
    where identities.identity_type in ('email', 'phone_number')

),

tickets as (

    select
        tickets.requester_id,
        tickets.ticket_id,
        tickets.created_at
    from {{ ref('stg_zendesk__tickets') }} as tickets
    inner join users on tickets.requester_id = users.user_id

),

observations as (

    {%- for type, column in [
        ('zendesk_user_id', 'user_id'),
        ('shopify_customer_id', 'external_id'),
        ('email', 'email'),
        ('phone', 'case when not is_phone_shared then phone end'),
        ('shared_phone', 'case when is_phone_shared then phone end'),
    ] %}
        select
            user_id,
            '{{ type }}' as identifier_type,
            {{ column }} as identifier_value,
            'profile' as observed_by,
            created_at as first_seen_at,
            updated_at as last_seen_at
        from users
        union all
    {%- endfor %}
    select
        user_id,
        identifier_type,
        identity_value as identifier_value,
        'profile' as observed_by,
        created_at as first_seen_at,
        updated_at as last_seen_at
    from user_identities
    union all
    select
        requester_id as user_id,
        'zendesk_ticket_id' as identifier_type,
        ticket_id as identifier_value,
        'ticket' as observed_by,
        created_at as first_seen_at,
        created_at as last_seen_at
    from tickets

),

identifiers as (

    select
        'zendesk' as source_system,
        'zendesk:' || user_id as record_key,
        identifier_type,
        identifier_value,
        cast(null as string) as country_code,
        max(observed_by) as observed_by,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from observations
    where identifier_value <> ''
    group by user_id, identifier_type, identifier_value

)

select * from identifiers
