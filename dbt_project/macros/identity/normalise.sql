{# How values are written before they are compared. E-mails: trimmed, composed (NFC), lower case; this form is what is
   sent to tools. For matching the plus tag goes too, and the dots of Gmail, which Gmail ignores; an e-mail that
   can't be one gives null. #}
{% macro normalise_email(value) %}lower(trim({{ nfc(value) }})){% endmacro %}

{% macro email_match_value(email) -%}
    case
        when {{ email }} not like '%_@_%.__%' or {{ email }} like '% %' or {{ email }} like '%@%@%' then null
        when {{ email }} like '+%' then null
        when {{ email }} like '%@gmail.com' or {{ email }} like '%@googlemail.com'
            then replace(split_part(split_part({{ email }}, '@', 1), '+', 1), '.', '') || '@gmail.com'
        when {{ email }} like '%+%@%'
            then split_part(split_part({{ email }}, '@', 1), '+', 1) || '@' || split_part({{ email }}, '@', 2)
        else {{ email }}
    end
{%- endmacro %}

{# The part of a given name that is compared: the first word, lower case, without accents and signs; null if no
   letter is left. #}
{% macro given_name_key(name) -%}
    nullif({{ regexp_replace_all(
        "translate(lower(split_part(trim(" ~ nfc(name) ~ "), ' ', 1)), "
        ~ "'áàâãäåéèêëíìîïóòôõöúùûüñçý', 'aaaaaaeeeeiiiiooooouuuuncy')", "[^a-z]", "") }}, '')
{%- endmacro %}

{# Whether two given-name keys may be one person's: equal, an initial and a name, a short form that lacks two letters
   or more (sam, samuel), or one slip inside a longer name, a letter wrong or exchanged with the next (jonathan,
   johnathan, jonahtan; in one of three letters, one left out). The first letter must agree there, and the last one unless the slip exchanged it: maria and
   mario are two people. #}
{% macro given_names_agree(left, right) -%}
    (
        {{ left }} = {{ right }}
        or (length({{ left }}) = 1 and substr({{ right }}, 1, 1) = {{ left }})
        or (length({{ right }}) = 1 and substr({{ left }}, 1, 1) = {{ right }})
        or (length({{ left }}) >= 3 and length({{ right }}) >= length({{ left }}) + 2
            and substr({{ right }}, 1, length({{ left }})) = {{ left }})
        or (length({{ right }}) >= 3 and length({{ left }}) >= length({{ right }}) + 2
            and substr({{ left }}, 1, length({{ right }})) = {{ right }})
        or (least(length({{ left }}), length({{ right }})) >= 4 - abs(length({{ left }}) - length({{ right }}))
            and least(length({{ left }}), length({{ right }})) >= 3
            and substr({{ left }}, 1, 1) = substr({{ right }}, 1, 1)
            and (
                (
                    substr({{ left }}, length({{ left }}), 1) = substr({{ right }}, length({{ right }}), 1)
                    and levenshtein({{ left }}, {{ right }}) <= 1
                )
                or {{ letters_exchanged(left, right) }}
            ))
    )
{%- endmacro %}

{# {name_key, other_name_key}: ways to write one given name (kate, katherine), from the seed given_name_variants. #}
{% macro name_variants() -%}
(

    select distinct
        variants.written_name as name_key,
        others.written_name as other_name_key
    from {{ ref('given_name_variants') }} as variants
    inner join {{ ref('given_name_variants') }} as others on variants.given_name = others.given_name

)
{%- endmacro %}
