{# How addresses and family names are written before households are compared. Case, accents, dots, hyphens, blanks and
   the two ways to write an umlaut part nobody; letters of other scripts stay as they are. Compared only: what is shown
   or sent is written as it came. #}

{# Lower case, composed, without accents; ligatures and letters with a stroke as their plain forms. #}
{% macro folded_text(text) -%}
    {%- set pairs = [('ß', 'ss'), ('æ', 'ae'), ('œ', 'oe'), ('þ', 'th'), ('ĳ', 'ij')] -%}
    {%- set plain = namespace(sql="lower(trim(" ~ nfc(text) ~ "))") -%}
    {%- for letter, letters in pairs -%}
        {%- set plain.sql = "replace(" ~ plain.sql ~ ", '" ~ letter ~ "', '" ~ letters ~ "')" -%}
    {%- endfor -%}
    translate(
        {{ plain.sql }},
        'áàâãäåāăąçćčďđðéèêëēėęěğģíìîïīįıķĺļľłñńņňóòôõöøōőŕřśşšșťţțúùûüūůűųýÿźżž',
        'aaaaaaaaacccdddeeeeeeeeggiiiiiiikllllnnnnoooooooorrsssstttuuuuuuuuyyzzz'
    )
{%- endmacro %}

{# The two spellings of an umlaut as one: mueller and (folded) muller. #}
{% macro without_digraphs(text) -%}
    replace(replace(replace(replace({{ text }}, 'ae', 'a'), 'oe', 'o'), 'ue', 'u'), 'aa', 'a')
{%- endmacro %}

{# An address line with every run of digits as a word that begins with 0 (12b: 0b), and the runs themselves. #}
{% macro address_pattern(address_line) -%}
    {{ regexp_replace_all(address_line, '[0-9]+', ' 0') }}
{%- endmacro %}

{% macro address_numbers(address_line) -%}
    trim({{ regexp_replace_all(address_line, '[^0-9]+', ' ') }})
{%- endmacro %}

{# A standard pattern with the numbers in their places. Nobody lives behind more than eight of them. #}
{% macro with_numbers(standard_pattern, numbers) -%}
    {%- set filled = namespace(sql=standard_pattern) -%}
    {%- for number in range(1, 9) -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ number ~ "}', split_part(" ~ numbers ~ ", ' ', " ~ number ~ "))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}

{# The words of an address pattern as an array. What stands for a word of its own (#5, c/ Mayor) becomes that word. #}
{% macro address_words(address_pattern) -%}
    {%- set marks = [
        ('c/o', ' '), ('c/', 'calle '), ('#', ' unit '), ('n.w.', 'nw '), ('n.e.', 'ne '), ('s.w.', 'sw '),
        ('s.e.', 'se '), ('p.o.', 'po '), ('nº', ' '), ('n°', ' '), ('№', ' '), ('º', ' '), ('ª', ' '), ('°', ' '),
    ] -%}
    {%- set worded = namespace(sql=without_apostrophes(folded_text(address_pattern))) -%}
    {%- for mark, word in marks -%}
        {%- set worded.sql = "replace(" ~ worded.sql ~ ", '" ~ mark ~ "', '" ~ word ~ "')" -%}
    {%- endfor -%}
    split(trim({{ regexp_replace_all(worded.sql, address_signs() ~ '+', ' ') }}), ' ')
{%- endmacro %}

{# O'Connell and OConnell. chr(39): the engines read a doubled quote in a literal differently. #}
{% macro without_apostrophes(text) -%}
    {{ regexp_replace_all("replace(" ~ text ~ ", chr(39), '')", "[`´’‘]", "") }}
{%- endmacro %}

{# Signs and blanks that part words and say nothing themselves; a class that both engines read alike. #}
{% macro address_signs() %}[-.,;:/()&+*_“”– ]{% endmacro %}

{# The postcode as far as it is written the same way everywhere: five digits in the United States, the four digits in the
   Netherlands and Portugal, letters where they belong to it, digits alone elsewhere (D-10115 is 10115). A zero that a
   spreadsheet took from the front comes back where the length is fixed. #}
{% macro reduced_postal_code(postal_code, country_code) -%}
    {%- set written = regexp_replace_all("upper(trim(" ~ postal_code ~ "))", "[^0-9A-Z]", "") -%}
    {%- set digits = regexp_replace_all("split_part(" ~ postal_code ~ ", '-', 1)", "[^0-9]", "") -%}
    {%- set all_digits = regexp_replace_all(postal_code, "[^0-9]", "") -%}
    nullif(
        case
            when {{ country_code }} in ('GB', 'CA', 'IE', 'MT', 'AR', 'BM', 'GI', 'JE', 'GG', 'IM') then {{ written }}
            when {{ country_code }} = 'US' and length({{ digits }}) in (3, 4) then lpad({{ digits }}, 5, '0')
            when {{ country_code }} = 'US' then substr({{ digits }}, 1, 5)
            when {{ country_code }} in ('NL', 'PT') then substr({{ all_digits }}, 1, 4)
            when {{ country_code }} in ('DE', 'ES', 'FI', 'FR', 'IT', 'MX') and length({{ all_digits }}) = 4
                then lpad({{ all_digits }}, 5, '0')
            else {{ all_digits }}
        end,
        ''
    )
{%- endmacro %}

{# The whole family name as one word without signs: O'Neil and ONeil, van der Berg and Vanderberg; jr, sr and numerals
   behind it go. Null if nothing is left. (records' family_name_key is its first word only.) #}
{% macro household_name_key(family_name) -%}
    {%- set name = regexp_replace_all(folded_text(family_name), "[ ,]+(jr|sr|ii|iii|iv)[.]?$", "") -%}
    nullif({{ without_digraphs(regexp_replace_all(without_apostrophes(name), address_signs(), "")) }}, '')
{%- endmacro %}

{# The key of a household: a pseudonym, since whoever knows an address and a name could try them against a plain hash. #}
{% macro household_key(household_text) -%}
    'h_' || substr({{ identifier_hash("'household'", household_text) }}, 1, 16)
{%- endmacro %}

{# One limit of the seed household_rules, as a subquery. #}
{% macro household_limit(rule) -%}
    (select max(limit_value) from {{ ref('household_rules') }} where rule = '{{ rule }}')
{%- endmacro %}
