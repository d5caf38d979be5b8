-- Each way that a phone was written, read once. The library of numbering plans decides what is a number.
with identifiers as (

    select * from {{ ref('int_identity__observed_identifiers') }}

),

written as (

    select distinct
        observed_value,
        country_code
    from identifiers
    where identifier_type = 'phone'

),

phones as (

    select
        observed_value,
        country_code,
        {{ phone_e164('observed_value', 'country_code') }} as phone
    from written

)

select * from phones
