{# Which touches of a path take part, by the setting path_transform: for each word the condition on a touch, with windows
   over `path` (the columns that name a path), or none where all do. A touch that takes no part is not on the path: it has
   no position and no credit. #}
{% macro path_transforms(path) %}
    {%- set by_time = 'order by touched_at asc nulls last, touchpoint_id asc nulls last' -%}
    {%- set by_time_back = 'order by touched_at desc nulls last, touchpoint_id desc nulls last' -%}
    {{ return({
        'every_touch': none,
        'collapse_repeats': 'channel is distinct from lag(channel) over (partition by ' ~ path ~ ' ' ~ by_time ~ ')',
        'first_occurrence': 'row_number() over (partition by ' ~ path ~ ', channel ' ~ by_time ~ ') = 1',
        'last_occurrence': 'row_number() over (partition by ' ~ path ~ ', channel ' ~ by_time_back ~ ') = 1',
        'drop_direct':
            "(channel <> 'direct' or not bool_or(channel <> 'direct') over (partition by " ~ path ~ '))',
    }) }}
{% endmacro %}

{# The touches of a relation that take part. One branch per transform: the engine runs the windows of the one that the
   setting names, the others have no rows. #}
{% macro transformed_touches(relation, path) %}
    {%- for path_transform, condition in path_transforms(path).items() %}
        select {{ relation }}.*
        from {{ relation }}
        inner join {{ ref('int_journeys__attribution_settings') }} as settings
            on settings.path_transform = '{{ path_transform }}'
        {%- if condition %}
        qualify {{ condition }}
        {%- endif %}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
