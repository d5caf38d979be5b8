-- The given names behind an identifier that has a limit of them; spellings that may be one person's share a name_group.
with identifiers as (

    select * from {{ ref('int_identity__identifiers') }}

),

record_names as (

    select * from {{ ref('int_identity__record_names') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}

),

variants as {{ name_variants() }},

many_named as (

    select record_key
    from record_names
    group by record_key
    having count(distinct given_name_key) > 1

),

-- A value of one record under one name tells nothing apart. A tablet's many names speak against it, not its e-mails.
carried as (

    select
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value,
        record_names.given_name_key
    from identifiers
    inner join rules on identifiers.identifier_type = rules.identifier_type
    inner join record_names on identifiers.record_key = record_names.record_key
    left join many_named on identifiers.record_key = many_named.record_key
    where
        identifiers.blocked_reason is null
        and rules.max_given_names is not null
        and (identifiers.record_count is distinct from 1 or many_named.record_key is not null)
        and (record_names.is_own or many_named.record_key is null or rules.max_customer_ids is not null)

),

names as (

    select
        identifier_type,
        identifier_value,
        given_name_key,
        count(*) over (partition by identifier_type, identifier_value) as name_count
    from carried
    group by identifier_type, identifier_value, given_name_key

),

-- One name is its own group. So is each of very many: the value is refused whatever the spellings.
name_groups as (

    select
        identifier_type,
        identifier_value,
        given_name_key,
        given_name_key as name_group
    from names
    where name_count not between 2 and 50

    union all

    select
        names.identifier_type,
        names.identifier_value,
        names.given_name_key,
        others.given_name_key as name_group
    from names
    inner join names as others
        on
            names.identifier_type = others.identifier_type
            and names.identifier_value = others.identifier_value
    left join variants
        on
            names.given_name_key = variants.name_key
            and others.given_name_key = variants.other_name_key
    where
        names.name_count between 2 and 50
        and (
            variants.name_key is not null
            or {{ given_names_agree('names.given_name_key', 'others.given_name_key') }}
        )
    -- The fullest spelling stands for the group.
    qualify row_number() over (
        partition by names.identifier_type, names.identifier_value, names.given_name_key
        order by length(others.given_name_key) desc nulls last, others.given_name_key asc nulls last
    ) = 1

),

identifier_names as (

    select distinct
        carried.record_key,
        carried.identifier_type,
        carried.identifier_value,
        name_groups.name_group
    from carried
    inner join name_groups
        on
            carried.identifier_type = name_groups.identifier_type
            and carried.identifier_value = name_groups.identifier_value
            and carried.given_name_key = name_groups.given_name_key

)

select * from identifier_names
