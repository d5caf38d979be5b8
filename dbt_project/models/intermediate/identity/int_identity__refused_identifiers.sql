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

    select * from {{ ref('identity_rules') }}

),

logins as (

    select distinct
        identifiers.record_key,
        identifiers.identifier_type || ':' || identifiers.identifier_value as login
    from identifiers
    inner join rules on identifiers.identifier_type = rules.identifier_type
    where rules.is_login and identifiers.blocked_reason is null

),

counted as (

    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        min(identifiers.blocked_reason) as blocked_reason,
        count(distinct identifiers.record_key) as record_count,
        count(distinct case when rules.max_customer_ids is not null then logins.login end) as login_count,
        count(distinct case when rules.max_family_names is not null then records.family_name_key end) as family_name_count,
        min(identifiers.first_seen_at) as first_seen_at,
        max(identifiers.last_seen_at) as last_seen_at
    from identifiers
    inner join records on identifiers.record_key = records.record_key
    inner join rules on identifiers.identifier_type = rules.identifier_type
    left join logins on identifiers.record_key = logins.record_key and rules.max_customer_ids is not null
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

judged as (

    select
        counted.identifier_type,
        counted.identifier_value,
        case
            when counted.blocked_reason is not null then counted.blocked_reason
            when counted.record_count > rules.max_records then 'too_many_records'
            when named.given_name_count > rules.max_given_names then 'too_many_given_names'
            when counted.family_name_count > rules.max_family_names then 'too_many_family_names'
            -- Two accounts under one name are one person's.
            when counted.login_count > rules.max_customer_ids and coalesce(named.given_name_count, 0) <> 1
                then 'too_many_customer_ids'
        end as refused_reason,
        cast(counted.record_count as bigint) as record_count,
        cast(coalesce(named.given_name_count, 0) as bigint) as given_name_count,
        cast(counted.family_name_count as bigint) as family_name_count,
        cast(counted.login_count as bigint) as login_count,
        counted.first_seen_at,
        counted.last_seen_at
    from counted
    inner join rules on counted.identifier_type = rules.identifier_type
    left join named
        on counted.identifier_type = named.identifier_type and counted.identifier_value = named.identifier_value

),

refused as (

    select * from judged
    where refused_reason is not null

)

select * from refused
