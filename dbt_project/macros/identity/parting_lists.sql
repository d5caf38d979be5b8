{# What warehouse/parting.py is given of each contested group. Both read CTEs of int_identity__parts. #}

{# {connected_number, edges}: '<record>|<record>|<1 if a person decided it>', strongest first. Of an oversize group the
   strong edges only: log-ins and what ranks above them. #}
{% macro edge_lists() -%}
    select
        connected_number,
        {{ agg_ordered('edge', 'edge_number') }} as edges
    from (
        select
            contested_records.connected_number,
            cast(edges.record_number_from as string) || '|' || cast(edges.record_number_to as string) || '|'
            || case when edges.match_rule = 'manual_include' then '1' else '0' end as edge,
            row_number() over (
                partition by contested_records.connected_number
                order by
                    edges.match_rank asc nulls last, edges.match_probability desc nulls last,
                    edges.first_seen_at asc nulls last, edges.record_number_to asc nulls last,
                    edges.record_number_from asc nulls last, edges.match_rule asc nulls last,
                    edges.identifier_value asc nulls last
            ) as edge_number
        from edges
        inner join contested_records on edges.record_number_from = contested_records.record_number
        cross join (select coalesce(max(rank), 1) as max_rank from rules where is_login) as strong
        where not contested_records.is_oversize or edges.match_rank <= strong.max_rank
    ) as ordered_edges
    group by connected_number
{%- endmacro %}

{# {connected_number, marks}: '<record>|<limit>|<what>|<value>'. #}
{% macro mark_lists() -%}
    select
        connected_number,
        {{ agg_ordered('mark', 'mark') }} as marks
    from (
        select distinct
            connected_number,
            cast(record_number as string) || '|' || cast(max_values as string) || '|'
            || cast(dense_rank() over (
                partition by connected_number
                order by conflict_reason asc nulls last, conflict_key asc nulls last
            ) as string) || '|' || conflict_value as mark
        from conflicts
        where conflict_reason <> 'too_many_records'
    ) as marked
    group by connected_number
{%- endmacro %}
