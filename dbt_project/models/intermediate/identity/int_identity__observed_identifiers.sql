with identifiers as (

    {{ union_shape('identifiers') }}

),

observed as (

    select
        record_key,
        source_system,
        identifier_type,
        trim(identifier_value) as observed_value,
        upper(coalesce(country_code, '{{ default_country() }}')) as country_code,
        min(observed_by) as observed_by,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from identifiers
    where trim(identifier_value) <> ''
    group by
        record_key,
        source_system,
        identifier_type,
        trim(identifier_value),
        upper(coalesce(country_code, '{{ default_country() }}'))

)

select * from observed
