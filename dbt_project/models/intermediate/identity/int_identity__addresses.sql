-- One way to write an address: its street with its numbers, under country and postcode (under the city where there is
-- no postcode). An address without either is none.
with records as (

    select * from {{ ref('int_identity__records') }}
    where trim(address_line) <> ''

),

patterns as (

    select * from {{ ref('int_identity__address_patterns') }}

),

places as (

    select
        postal_code,
        city,
        country_code,
        upper(coalesce(country_code, '{{ default_country() }}')) as known_country_code,
        {{ household_name_key('city') }} as city_key
    from records
    group by postal_code, city, country_code

),

standard_places as (

    select
        *,
        known_country_code || '|'
        || coalesce({{ reduced_postal_code('postal_code', 'known_country_code') }}, city_key) as standard_place
    from places

),

addresses as (

    select
        records.record_key,
        standard_places.standard_place || '|'
        || {{ with_numbers('patterns.standard_pattern', address_numbers('records.address_line')) }} as standard_address,
        patterns.is_home
    from records
    inner join patterns on {{ address_pattern('records.address_line') }} = patterns.address_pattern
    inner join standard_places
        on
            records.postal_code is not distinct from standard_places.postal_code
            and records.city is not distinct from standard_places.city
            and records.country_code is not distinct from standard_places.country_code
    where standard_places.standard_place is not null

)

select * from addresses
