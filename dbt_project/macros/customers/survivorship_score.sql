{# How well a value does by the rule that an attribute asks in this place: more is better, null where no rule stands
   there. Reads the columns rule_<place>, part_count, is_verified, record_count, observed_at and source_rank. #}
{% macro survivorship_score(place) -%}
    case rule_{{ place }}
        when 'most_complete' then part_count
        when 'verified_first' then is_verified
        when 'most_frequent' then record_count
        when 'most_recent' then {{ epoch_seconds('observed_at') }}
        when 'source_rank' then -coalesce(source_rank, 1000000)
    end
{%- endmacro %}

{# How many rules an attribute may have in the seed survivorship_rules. #}
{% macro survivorship_places() %}{{ return(range(1, 6)) }}{% endmacro %}
