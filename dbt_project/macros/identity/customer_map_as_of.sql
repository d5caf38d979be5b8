{# {record_key, customer_id} as the build with that assignment_number knew it, for a moment of the data's time (SQL
   expressions; without `valid_at`: what that build said of its own present).

       select * from {{ customer_map_as_of(7) }} as then_known                             -- who was whom after build 7
       select * from {{ customer_map_as_of(9, "timestamp '2026-05-01'") }} as was_in_may   -- in May, as known at build 9
#}
{% macro customer_map_as_of(assignment_number, valid_at=none) -%}
    (
        select
            record_key,
            customer_id
        from {{ ref('int_identity__customer_map_intervals') }}
        where
            known_from_assignment <= {{ assignment_number }}
            and coalesce(known_to_assignment > {{ assignment_number }}, true)
            {%- if valid_at is none %}
            and valid_to is null
            {%- else %}
            and valid_from <= {{ valid_at }}
            and coalesce(valid_to > {{ valid_at }}, true)
            {%- endif %}
    )
{%- endmacro %}
