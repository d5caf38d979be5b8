{# {customer_id, match_rule, first_seen_at}: what led out of each former customer whose records moved - the newest edge in
   force between one of its records and a record that was not its own. Reads the CTEs components, known and changed of
   int_identity__customer_map. #}
{% macro merge_causes(edges) -%}
    select moved.customer_id, both_ways.match_rule, both_ways.first_seen_at
    from (select distinct previous_customer_id as customer_id from changed) as moved
    inner join known as former on moved.customer_id = former.customer_id
    inner join (
        select record_key_from as near_key, record_key_to as far_key, match_rule, match_rank, identifier_value, first_seen_at
        from {{ edges }}
        union all
        select record_key_to, record_key_from, match_rule, match_rank, identifier_value, first_seen_at
        from {{ edges }}
    ) as both_ways on former.record_key = both_ways.near_key
    inner join components as far on both_ways.far_key = far.record_key and former.component_number = far.component_number
    left join known as other on both_ways.far_key = other.record_key
    where former.customer_id is distinct from other.customer_id
    qualify row_number() over (
        partition by moved.customer_id
        order by both_ways.first_seen_at desc nulls last, both_ways.match_rank asc nulls last,
            both_ways.far_key asc nulls last, both_ways.near_key asc nulls last,
            both_ways.identifier_value asc nulls last
    ) = 1
{%- endmacro %}
