{# How records are written before they are scored (identity/comparisons.py compares them). Names keep all their words and
   the letters of every script; an address is as households compare it, with the house number in front. #}

{# Words of a name, one blank between them; without accents, signs and digits. Null if nothing is left. #}
{% macro name_words(name) -%}
    nullif(trim({{ regexp_replace_all(
        without_digraphs(without_apostrophes(folded_text(name))), "[-.,;:/()&+*_“”– 0-9]+", " ") }}), '')
{%- endmacro %}

{# A family name's words without what only tells father from son, and that alone: jr, sr, ii, iii, iv. #}
{% macro family_words(words) -%}
    nullif(trim({{ regexp_replace_all(words, "(^| )(jr|sr|ii|iii|iv)$", "") }}), '')
{%- endmacro %}

{% macro name_suffix(words) -%}
    case when {{ words }} like '% jr' or {{ words }} like '% sr' or {{ words }} like '% ii' or {{ words }} like '% iii'
        or {{ words }} like '% iv' then {{ regexp_replace_all(words, "^.* ", "") }} end
{%- endmacro %}

{# yyyymmdd; null for the days that systems write when they know none, and for who is not born yet. #}
{% macro scorable_birth_date(birth_date, as_of) -%}
    case
        when {{ birth_date }} in (date '1900-01-01', date '1970-01-01', date '1900-01-02') then null
        when {{ birth_date }} between date '1900-01-01' and cast({{ as_of }} as date)
            then {{ format_date(birth_date, '%Y%m%d') }}
    end
{%- endmacro %}

{# oakst-12-4, the street part of int_identity__addresses.standard_address, as "12 oakst 4". #}
{% macro scorable_address(street) -%}
    trim(
        split_part({{ street }}, '-', 2) || ' ' || split_part({{ street }}, '-', 1) || ' '
        || split_part({{ street }}, '-', 3)
    )
{%- endmacro %}

{# What an e-mail's local part says that the name does not: jane.doe85 of Jane Doe is 85. Null if nothing is left. #}
{% macro email_rest(email, given_name, family_name) -%}
    case when length({{ _email_rest(email, given_name, family_name) }}) >= 2
        then {{ _email_rest(email, given_name, family_name) }} end
{%- endmacro %}

{% macro _email_rest(email, given_name, family_name) -%}
    replace(
        replace(
            translate({{ without_digraphs("split_part(" ~ email ~ ", '@', 1)") }}, '-._+', ''),
            replace(coalesce({{ family_name }}, '-'), ' ', ''), ''
        ),
        replace(coalesce({{ given_name }}, '-'), ' ', ''), ''
    )
{%- endmacro %}

{# {name, name_words, plain_words, name_suffix} of each spelling of a name in the CTE records, read once. #}
{% macro spelled_names() -%}
(

    select
        name,
        name_words,
        {{ family_words('name_words') }} as plain_words,
        {{ name_suffix('name_words') }} as name_suffix
    from (
        select
            name,
            {{ name_words('name') }} as name_words
        from (
            select given_name as name from records
            union
            select family_name as name from records
        ) as names
    ) as worded

)
{%- endmacro %}

{# {city, postal_code, country_code, city_key, postcode} of each place in the CTE records, read once. #}
{% macro spelled_places() -%}
(

    select
        city,
        postal_code,
        country_code,
        {{ household_name_key('city') }} as city_key,
        {{ reduced_postal_code('postal_code', "upper(coalesce(country_code, '" ~ default_country() ~ "'))") }} as postcode
    from (select distinct city, postal_code, country_code from records) as written

)
{%- endmacro %}
