-- Where each attribute of a golden record comes from, and the rule that preferred it to the best other value. Few
-- attributes have several values, so only those are ranked: ranking all takes several times as long.
with candidates as (

    select * from {{ ref('int_customers__golden_record_candidates') }}

),

rules as (

    select
        {%- for place in survivorship_places() %}
            max(case when rule_rank = {{ place }} then rule end) as rule_{{ place }},
        {%- endfor %}
        attribute
    from {{ ref('survivorship_rules') }}
    group by attribute

),

rivals as (

    select
        {%- for place in survivorship_places() %}
            {{ survivorship_score(place) }} as score_{{ place }},
            rules.rule_{{ place }},
        {%- endfor %}
        candidates.*
    from candidates
    inner join rules on candidates.attribute = rules.attribute
    where candidates.value_count > 1

),

ranked as (

    select
        *,
        {%- for place in survivorship_places() %}
            lead(score_{{ place }}) over best as next_score_{{ place }},
        {%- endfor %}
        row_number() over best as value_rank
    from rivals
    window best as (
        partition by customer_id, attribute
        order by
            {%- for place in survivorship_places() %}
                score_{{ place }} desc nulls last,
            {%- endfor %}
            record_key asc nulls last, attribute_value asc nulls last
    )

),

chosen as (

    select
        customer_id,
        attribute,
        attribute_value,
        case
            {%- for place in survivorship_places() %}
                when score_{{ place }} > next_score_{{ place }} then rule_{{ place }}
            {%- endfor %}
            else 'record_key'
        end as deciding_rule,
        value_count,
        record_count,
        record_key,
        observed_at
    from ranked
    where value_rank = 1
    union all
    select
        customer_id,
        attribute,
        attribute_value,
        'only_value' as deciding_rule,
        value_count,
        record_count,
        record_key,
        observed_at
    from candidates
    where value_count = 1

),

sources as (

    select
        customer_id,
        attribute,
        record_key,
        split_part(record_key, ':', 1) as source_system,
        attribute_value,
        deciding_rule,
        cast(value_count as bigint) as value_count,
        cast(record_count as bigint) as record_count,
        observed_at
    from chosen

)

select * from sources
