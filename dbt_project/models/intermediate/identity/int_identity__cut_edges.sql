-- Edges that hold no more, each with one thing that would come together over it: two records that a person holds apart,
-- more values of an identifier than its limit, more records than a customer can have.
with edges as (

    select * from {{ ref('int_identity__edges') }}

),

parts as (

    select * from {{ ref('int_identity__parts') }}

),

conflicts as (

    select * from {{ ref('int_identity__conflicts') }}

),

held as (

    select
        parts.part_number,
        conflicts.conflict_reason,
        conflicts.conflict_key,
        conflicts.conflict_value,
        conflicts.max_values
    from conflicts
    inner join parts on conflicts.record_number = parts.record_number
    where conflicts.conflict_reason <> 'too_many_records'

),

cut as (

    select
        edges.*,
        near_parts.connected_number,
        near_parts.part_number as part_number_from,
        far_parts.part_number as part_number_to
    from edges
    inner join parts as near_parts on edges.record_number_from = near_parts.record_number
    inner join parts as far_parts on edges.record_number_to = far_parts.record_number
    where near_parts.part_number <> far_parts.part_number

),

part_ends as (

    {%- for part_number in ['part_number_from', 'part_number_to'] %}
        select
            part_number_from,
            part_number_to,
            {{ part_number }} as part_number
        from cut
        group by part_number_from, part_number_to
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

met as (

    select
        part_ends.part_number_from,
        part_ends.part_number_to,
        held.conflict_reason,
        held.conflict_key,
        count(distinct held.conflict_value) as value_count,
        min(held.max_values) as max_values
    from part_ends
    inner join held on part_ends.part_number = held.part_number
    group by part_ends.part_number_from, part_ends.part_number_to, held.conflict_reason, held.conflict_key
    having count(distinct held.conflict_value) > greatest(min(held.max_values), 1)

),

reasons as (

    select * from met
    qualify row_number() over (
        partition by part_number_from, part_number_to
        order by conflict_reason asc nulls last, conflict_key asc nulls last
    ) = 1

),

cut_edges as (

    select
        cut.record_key_from,
        cut.record_key_to,
        cut.record_number_from,
        cut.record_number_to,
        cut.match_rule,
        cut.identifier_type,
        cut.identifier_value,
        cut.match_rank,
        cut.match_probability,
        cut.source_system,
        cut.first_seen_at,
        cut.connected_number,
        coalesce(reasons.conflict_reason, 'too_many_records') as cut_reason,
        coalesce(reasons.conflict_key, 'record') as conflict_key,
        cast(reasons.max_values as bigint) as max_values,
        cast(reasons.value_count as bigint) as value_count
    from cut
    left join reasons
        on cut.part_number_from = reasons.part_number_from and cut.part_number_to = reasons.part_number_to

)

select * from cut_edges
