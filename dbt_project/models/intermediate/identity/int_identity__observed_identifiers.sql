-- Read twice and small beside what it would cost to write, so a view: phones first, then every value.
{{ config(materialized='view') }}

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
        observed_by,
        first_seen_at,
        last_seen_at
    from identifiers
    where trim(identifier_value) <> ''

)

select * from observed
