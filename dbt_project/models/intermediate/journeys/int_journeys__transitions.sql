-- How paths go on: from each state to the next, the number of times. A state is the last touches' channels, as many as
-- the setting markov_order says, with ' > ' between them; paths begin in (start) and end in (conversion) or (null). A
-- conversion is an order: what a channel is worth to orders is what a sign-up's credit is dealt by, too.
{% set names = ['from_state', 'to_state', 'from_channel', 'to_channel', 'path_end'] %}
{% set before = ['channel_1_before', 'channel_2_before', 'channel_3_before'] %}
with converted as (

    select
        channel,
        {%- for column in before %}
            lag(channel, {{ loop.index }}) over (
                partition by conversion_number order by touchpoint_position asc nulls last
            ) as {{ column }},
        {%- endfor %}
        touchpoint_position = path_length as is_path_end
    from {{ ref('int_journeys__paths') }}
    where path_length > 0 and conversion_type <> 'sign_up'

),

-- Of order 1 and with every touch, runs as they are. The same channel again changes no chance to convert.
short_memory as (

    select
        unconverted.channel,
        unconverted.previous_channel as channel_1_before,
        cast(null as string) as channel_2_before,
        cast(null as string) as channel_3_before,
        unconverted.is_path_end
    from {{ ref('int_journeys__unconverted_touches') }} as unconverted
    inner join {{ ref('int_journeys__attribution_settings') }} as settings
        on settings.markov_order = 1 and settings.path_transform in ('every_touch', 'collapse_repeats')

),

long_memory as (

    select
        channel,
        {%- for column in before %}
            lag(channel, {{ loop.index }}) over (
                partition by customer_id, path_number order by touched_at asc nulls last, channel asc nulls last
            ) as {{ column }},
        {%- endfor %}
        lead(channel) over (
            partition by customer_id, path_number order by touched_at asc nulls last, channel asc nulls last
        ) is null as is_path_end
    from (
        {{ unconverted_paths(
            "not (settings.markov_order = 1 and settings.path_transform in ('every_touch', 'collapse_repeats'))"
        ) }}
    ) as unconverted_paths

),

counted as (

    {%- for relation in ['converted', 'short_memory', 'long_memory'] %}
        select
            '{{ '(conversion)' if relation == 'converted' else '(null)' }}' as path_end,
            channel,
            {{ before | join(', ') }},
            is_path_end,
            count(*) as touch_count
        from {{ relation }}
        group by channel, {{ before | join(', ') }}, is_path_end
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

named as (

    select
        counted.*,
        {%- for name, first in [('state', 0), ('state_before', 1)] %}
        {%- set columns = (['channel'] + before)[first:first + 3] %}
        case when settings.markov_order >= 3 then coalesce({{ columns[2] }} || ' > ', '') else '' end
        || case when settings.markov_order >= 2 then coalesce({{ columns[1] }} || ' > ', '') else '' end
        || coalesce({{ columns[0] }}, '(start)') as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted
    cross join {{ ref('int_journeys__attribution_settings') }} as settings

),

steps as (

    select
        state_before as from_state,
        state as to_state,
        coalesce(channel_1_before, '(start)') as from_channel,
        channel as to_channel,
        path_end,
        touch_count
    from named
    union all
    select
        state as from_state,
        path_end as to_state,
        channel as from_channel,
        path_end as to_channel,
        path_end,
        touch_count
    from named
    where is_path_end

),

transitions as (

    select
        {{ names | join(', ') }},
        cast(sum(touch_count) as bigint) as path_count
    from steps
    group by {{ names | join(', ') }}

)

select * from transitions
