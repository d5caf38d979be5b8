{# {record_key, identifier_type, match_group, silence_number}: the sightings that come after a silence longer than their
   type's window; 1 is after the first such silence. A sighting without a time belongs to the oldest. Only groups whose
   whole span is longer than the window are looked at. Reads the CTE grouped of int_identity__guarded_identifiers. #}
{% macro identifier_silences() -%}
    select
        record_key,
        identifier_type,
        match_group,
        silence_number
    from (
        select
            record_key,
            identifier_type,
            match_group,
            sum(case when seconds_silent > window_days * 86400 then 1 else 0 end) over (
                partition by identifier_type, match_group
                order by first_seen_at asc nulls first, record_key asc nulls last
                rows between unbounded preceding and current row
            ) as silence_number
        from (
            select
                timed.*,
                {{ epoch_seconds('timed.first_seen_at') }} - {{ epoch_seconds('max(timed.last_seen_at) over before') }}
                    as seconds_silent
            from (
                select
                    grouped.record_key,
                    grouped.identifier_type,
                    grouped.match_group,
                    grouped.window_days,
                    coalesce(grouped.first_seen_at, grouped.last_seen_at) as first_seen_at,
                    greatest(grouped.first_seen_at, grouped.last_seen_at) as last_seen_at
                from grouped
                inner join (
                    select
                        identifier_type,
                        match_group
                    from grouped
                    where window_days is not null and is_accepted and is_edge
                    group by identifier_type, match_group
                    having
                        count(*) > 1
                        and {{ epoch_seconds('max(coalesce(first_seen_at, last_seen_at))') }}
                        - {{ epoch_seconds('min(greatest(first_seen_at, last_seen_at))') }} > min(window_days) * 86400
                ) as long_ones
                    on
                        grouped.identifier_type = long_ones.identifier_type
                        and grouped.match_group = long_ones.match_group
            ) as timed
            window before as (
                partition by identifier_type, match_group
                order by first_seen_at asc nulls first, record_key asc nulls last
                rows between unbounded preceding and 1 preceding
            )
        ) as measured
    ) as counted
    where silence_number > 0
{%- endmacro %}
