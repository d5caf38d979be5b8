-- Values that join nobody, with the reason and the numbers that speak against them. The first reason counts.
with identifiers as (

    select * from {{ ref('int_identity__identifiers') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

identifier_names as (

    select * from {{ ref('int_identity__identifier_names') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}

),

users as (

    {{ identifier_users() }}

),

family_names as (

    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        count(distinct records.family_name_key) as family_name_count
    from identifiers
    inner join rules on identifiers.identifier_type = rules.identifier_type and rules.max_family_names is not null
    inner join records on identifiers.record_key = records.record_key
    where identifiers.record_count is distinct from 1 or identifiers.blocked_reason is not null
    group by identifiers.identifier_type, identifiers.identifier_value

),

named as (

    select
        identifier_type,
        identifier_value,
        count(distinct name_group) as given_name_count
    from identifier_names
    group by identifier_type, identifier_value

),

suspects as {{ suspect_values() }},

counted as (

    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        min(identifiers.blocked_reason) as blocked_reason,
        count(*) as record_count,
        min(identifiers.first_seen_at) as first_seen_at,
        max(identifiers.last_seen_at) as last_seen_at
    from identifiers
    inner join suspects
        on
            identifiers.identifier_type = suspects.identifier_type
            and identifiers.identifier_value = suspects.identifier_value
    group by identifiers.identifier_type, identifiers.identifier_value

),

judged as (

    select
        counted.identifier_type,
        counted.identifier_value,
        case
            when counted.blocked_reason is not null then counted.blocked_reason
            when counted.record_count > rules.max_records then 'too_many_records'
            when named.given_name_count > rules.max_given_names then 'too_many_given_names'
            when family_names.family_name_count > rules.max_family_names then 'too_many_family_names'
            -- Two accounts under one name are one person's.
            when users.login_count > rules.max_customer_ids and coalesce(named.given_name_count, 0) <> 1
                then 'too_many_customer_ids'
            -- A tablet at which people leave their address, and no name.
            when users.email_count > rules.max_emails then 'too_many_emails'
        end as refused_reason,
        cast(counted.record_count as bigint) as record_count,
        cast(coalesce(named.given_name_count, 0) as bigint) as given_name_count,
        cast(coalesce(family_names.family_name_count, 0) as bigint) as family_name_count,
        cast(coalesce(users.login_count, 0) as bigint) as login_count,
        cast(coalesce(users.email_count, 0) as bigint) as email_count,
        counted.first_seen_at,
        counted.last_seen_at
    from counted
    inner join rules on counted.identifier_type = rules.identifier_type
    left join named
        on counted.identifier_type = named.identifier_type and counted.identifier_value = named.identifier_value
    left join users
        on counted.identifier_type = users.identifier_type and counted.identifier_value = users.identifier_value
    left join family_names
        on
            counted.identifier_type = family_names.identifier_type
            and counted.identifier_value = family_names.identifier_value

),

refused as (

    select * from judged
    where refused_reason is not null

)

select * from refused
