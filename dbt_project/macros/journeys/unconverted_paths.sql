{# Runs of touches that led to nothing, numbered by customer, with the touches that take part by the setting path_transform;
   empty unless `condition` holds for the attribution settings. #}
{% macro unconverted_paths(condition) %}
    select
        customer_id,
        path_number,
        channel,
        touched_at
    from (
        with numbered as (

            select
                unconverted.customer_id,
                unconverted.channel,
                unconverted.channel as touchpoint_id,
                unconverted.touched_at,
                sum(case when unconverted.previous_channel is null then 1 else 0 end) over (
                    partition by unconverted.customer_id
                    order by unconverted.touched_at asc nulls last, unconverted.channel asc nulls last
                    rows between unbounded preceding and current row
                ) as path_number
            from {{ ref('int_journeys__unconverted_touches') }} as unconverted
            inner join {{ ref('int_journeys__attribution_settings') }} as settings
                on {{ condition }}

        )

        {{ transformed_touches('numbered', 'customer_id, path_number') }}
    ) as taking_part
{% endmacro %}
