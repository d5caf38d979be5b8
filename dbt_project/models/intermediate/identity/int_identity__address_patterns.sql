-- The streets behind the addresses: lines with their numbers taken out, so that a street counts once however many live
-- there. Words go by the seed street_words and are run together (haupt str., hauptstrasse); numbers, as {1} for the
-- line's first, come behind them, and last what stands behind flat, apt or #: "Flat 4, 12 Oak Street" and "12 oak st.
-- #4" are both oakst-12-4 once the numbers are back.
with records as (

    select * from {{ ref('int_identity__records') }}

),

street_words as (

    select * from {{ ref('street_words') }}

),

patterns as (

    select
        address_pattern,
        row_number() over (order by address_pattern asc nulls last) as pattern_number,
        {{ address_words('address_pattern') }} as pattern_words
    from (
        select distinct {{ address_pattern('address_line') }} as address_pattern
        from records
        where trim(address_line) <> ''
    ) as distinct_patterns

),

pattern_words as (

    select
        address_pattern,
        pattern_number,
        {{ unnested_with_position('pattern_words', 'word', 'word_number') }}
    from patterns

),

dictionary as (

    select
        written.word,
        coalesce(known.word_kind, 'other') as word_kind,
        coalesce(
            known.standard_word,
            substr(written.word, 1, length(written.word) - length(endings.word)) || endings.standard_word,
            written.word
        ) as standard_word
    from (select distinct word from pattern_words) as written
    left join street_words as known on written.word = known.word and known.word_kind <> 'ending'
    left join street_words as endings
        on
            endings.word_kind = 'ending'
            and known.word is null
            and written.word like '%' || endings.word
    where written.word <> ''
    qualify row_number() over (
        partition by written.word order by length(endings.word) desc nulls last, endings.word asc nulls last
    ) = 1

),

words as (

    select
        pattern_words.address_pattern,
        pattern_words.pattern_number,
        pattern_words.word_number,
        dictionary.word_kind,
        dictionary.standard_word as word,
        dictionary.standard_word = '0' as is_digits,
        -- 12 and 12b, but 5th is a word.
        dictionary.standard_word like '0%'
        and dictionary.standard_word not in ('0st', '0nd', '0rd', '0th') as is_number,
        dictionary.standard_word <> '0' and length(dictionary.standard_word) = 1 or dictionary.word_kind = 'number_part'
            as is_letter,
        '{' || sum(case when dictionary.standard_word like '0%' then 1 else 0 end) over (
            partition by pattern_words.pattern_number order by pattern_words.word_number asc nulls last
            rows between unbounded preceding and current row
        ) || '}' as place
    from pattern_words
    inner join dictionary on pattern_words.word = dictionary.word
    where dictionary.word_kind <> 'ignored'

),

neighbours as (

    select
        *,
        coalesce(lag(is_digits) over in_line, false) and is_letter as is_behind_number,
        coalesce(lag(word_kind) over in_line, 'other') = 'unit' and (is_number or is_letter) as is_unit_number,
        word_kind = 'unit' and coalesce(lead(is_number or is_letter) over in_line, false) as is_before_unit_number,
        case when is_digits and lead(is_letter) over in_line then lead(word) over in_line else '' end as letter_behind
    from words
    window in_line as (partition by pattern_number order by word_number asc nulls last)

),

standard_patterns as (

    select
        address_pattern,
        {{ without_digraphs(array_text(agg_ordered(
            "case when is_number or is_unit_number then '-' else '' end || replace(word, '0', place) || letter_behind",
            "case when is_unit_number then 2000 when is_number then 1000 else 0 end + word_number"
        ), '')) }} as standard_pattern,
        max(case when word_kind = 'not_a_home' then 1 else 0 end) = 0 as is_home
    from neighbours
    where not is_behind_number and not is_before_unit_number
    group by address_pattern

)

select * from standard_patterns
