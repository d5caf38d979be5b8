-- Visitors carry no names and households are no persons; both stay out, and so does everybody when scoring is switched
-- off.
with records as (

    select * from {{ ref('int_identity__records') }}
    where
        {{ var('scored_edges') }} and record_type not in ('visitor', 'household') and not is_test
        and coalesce(given_name, family_name) is not null

),

identifiers as (

    select * from {{ ref('int_identity__identifiers') }}
    where blocked_reason is null and identifier_type in ('email', 'phone', 'square_reference_id')

),

addresses as (

    select * from {{ ref('int_identity__record_addresses') }}
    where is_accepted

),

variants as (

    select
        written_name,
        {{ agg_ordered('given_name', 'given_name') }} as given_names
    from (
        select distinct
            {{ without_digraphs('written_name') }} as written_name,
            {{ without_digraphs('given_name') }} as given_name
        from {{ ref('given_name_variants') }}
    ) as folded
    group by written_name

),

contacts as (

    select
        record_key,
        min(case when identifier_type = 'email' then identifier_value end) as email,
        min(case when identifier_type = 'phone' then identifier_value end) as phone,
        min(case when identifier_type = 'square_reference_id' then identifier_value end) as personal_number
    from identifiers
    group by record_key

),

this_build as (

    select as_of from {{ ref('int_as_of') }}

),

-- Many people share a name and a town: each spelling is read once.
spelled as {{ spelled_names() }},

places as {{ spelled_places() }},

words as (

    select
        records.*,
        given.name_words as given_words,
        family.name_words as family_words,
        given.plain_words as plain_given_words,
        family.plain_words as plain_family_words,
        coalesce(family.name_suffix, given.name_suffix) as name_suffix,
        places.city_key,
        places.postcode
    from records
    left join spelled as given on records.given_name = given.name
    left join spelled as family on records.family_name = family.name
    left join places
        on
            records.city is not distinct from places.city
            and records.postal_code is not distinct from places.postal_code
            and records.country_code is not distinct from places.country_code

),

scorable as (

    select
        words.record_number,
        words.plain_given_words as given_name,
        words.plain_family_words as family_name,
        words.name_suffix,
        {{ scorable_birth_date('words.birth_date', 'this_build.as_of') }} as birth_date,
        {{ scorable_address("split_part(addresses.standard_address, '|', 3)") }} as address_line,
        words.postcode,
        words.city_key as city,
        contacts.phone,
        contacts.personal_number,
        {{ email_rest('contacts.email', 'words.given_words', 'words.family_words') }} as email_rest,
        variants.given_names as given_forms,
        variants.written_name is not null as is_given_known
    from words
    cross join this_build
    left join contacts on words.record_key = contacts.record_key
    left join addresses on words.record_key = addresses.record_key
    left join variants on split_part(words.given_words, ' ', 1) = variants.written_name

)

select * from scorable
