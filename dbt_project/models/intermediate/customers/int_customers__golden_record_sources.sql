-- Where each attribute of a golden record comes from, and the rule that preferred it to the best other value.
with attribute_values as (

    select * from {{ ref('int_customers__attribute_values') }}

),

customers as (

    select customer_id from {{ ref('int_identity__customers') }}

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

source_ranks as (

    select * from {{ ref('survivorship_rules') }}
    where rule = 'source_rank'

),

counted as (

    select
        attribute_values.*,
        {%- for place in survivorship_places() %}
            rules.rule_{{ place }},
        {%- endfor %}
        source_ranks.source_rank,
        count(*) over (
            partition by attribute_values.customer_id, attribute_values.attribute, attribute_values.attribute_value
        ) as record_count
    from attribute_values
    inner join customers on attribute_values.customer_id = customers.customer_id
    inner join rules on attribute_values.attribute = rules.attribute
    left join source_ranks
        on
            attribute_values.attribute = source_ranks.attribute
            and attribute_values.source_system = source_ranks.source_system

),

scored as (

    select
        {%- for place in survivorship_places() %}
            {{ survivorship_score(place) }} as score_{{ place }},
        {%- endfor %}
        *
    from counted

),

best_of_value as (

    select * from scored
    qualify row_number() over (
        partition by customer_id, attribute, attribute_value
        order by {{ survivorship_order() }}
    ) = 1

),

compared as (

    select
        *,
        {%- for place in survivorship_places() %}
            lead(score_{{ place }}) over best as next_score_{{ place }},
        {%- endfor %}
        count(*) over (partition by customer_id, attribute) as value_count,
        row_number() over best as value_rank
    from best_of_value
    window best as (
        partition by customer_id, attribute
        order by {{ survivorship_order() }}
    )

),

sources as (

    select
        {{ surrogate_key(['customer_id', 'attribute']) }} as golden_record_source_key,
        customer_id,
        attribute,
        record_key,
        source_system,
        attribute_value,
        case
            when value_count = 1 then 'only_value'
            {%- for place in survivorship_places() %}
                when score_{{ place }} > next_score_{{ place }} then rule_{{ place }}
            {%- endfor %}
            else 'record_key'
        end as deciding_rule,
        cast(value_count as bigint) as value_count,
        cast(record_count as bigint) as record_count,
        observed_at
    from compared
    where value_rank = 1

)

select * from sources
