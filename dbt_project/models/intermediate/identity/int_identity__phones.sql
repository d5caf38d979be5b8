-- First form of a phone parser: calling code and national length by country, without area codes. A number written with
-- + or 00 keeps its own calling code; one without gets that of the record's country. A calling code that the seed
-- does not know passes with 8 to 15 digits.
with identifiers as (

    select * from {{ ref('int_identity__observed_identifiers') }}

),

countries as (

    select * from {{ ref('phone_countries') }}

),

calling_codes as (

    select
        calling_code,
        min(min_length) as min_length,
        max(max_length) as max_length,
        min(first_digits) as first_digits
    from countries
    group by calling_code

),

digits as (

    select distinct
        observed_value,
        country_code,
        observed_value like '+%' or observed_value like '00%' as is_international,
        substr(
            {{ regexp_replace_all('observed_value', '[^0-9]', '') }},
            case when observed_value like '00%' then 3 else 1 end
        ) as digits
    from identifiers
    where identifier_type = 'phone'

),

international as (

    select
        digits.observed_value,
        digits.country_code,
        calling_codes.calling_code,
        substr(digits.digits, length(calling_codes.calling_code) + 1) as national_number,
        calling_codes.min_length,
        calling_codes.max_length,
        calling_codes.first_digits,
        digits.digits
    from digits
    left join calling_codes
        on
            calling_codes.calling_code in (
                substr(digits.digits, 1, 1), substr(digits.digits, 1, 2), substr(digits.digits, 1, 3)
            )
    where digits.is_international

),

national as (

    select
        digits.observed_value,
        digits.country_code,
        countries.calling_code,
        case
            when
                digits.digits like countries.calling_code || '%'
                and length(digits.digits) > countries.max_length
                then substr(digits.digits, length(countries.calling_code) + 1)
            when countries.trunk_prefix is not null and digits.digits like countries.trunk_prefix || '%'
                then substr(digits.digits, length(countries.trunk_prefix) + 1)
            else digits.digits
        end as national_number,
        countries.min_length,
        countries.max_length,
        countries.first_digits,
        digits.digits
    from digits
    inner join countries on digits.country_code = countries.country_code
    where not digits.is_international

),

candidates as (

    select * from international
    union all
    select * from national

),

phones as (

    select
        observed_value,
        country_code,
        max(
            case
                when calling_code is null and length(digits) between 8 and 15 and substr(digits, 1, 1) <> '0'
                    then '+' || digits
                when
                    length(national_number) between min_length and max_length
                    and (coalesce(first_digits, '') = '' or instr(first_digits, substr(national_number, 1, 1)) > 0)
                    then '+' || calling_code || national_number
            end
        ) as phone
    from candidates
    group by observed_value, country_code

)

select * from phones
