-- How paths go on: from each state to the next, the number of times. A state is the last touches' channels, as many as the
-- setting markov_order says, with ' > ' between them; paths begin in (start) and end in (conversion) or (null).
{% set by_time = 'order by touched_at asc nulls last, touchpoint_id asc nulls last' %}
with unconverted as (

    select
        path_id,
        touchpoint_id,
        channel,
        touched_at
    from {{ ref('int_journeys__unconverted_touches') }}

),

touches as (

    select
        conversion_id as path_id,
        touchpoint_id,
        channel,
        touched_at,
        true as is_converted
    from {{ ref('int_journeys__paths') }}
    where path_length > 0
    union all
    select
        taking_part.path_id,
        taking_part.touchpoint_id,
        taking_part.channel,
        taking_part.touched_at,
        false as is_converted
    from (
        {{ transformed_touches('unconverted', 'path_id') }}
    ) as taking_part

),

neighbours as (

    select
        is_converted,
        channel,
        lag(channel) over (partition by path_id {{ by_time }}) as channel_1_before,
        lag(channel, 2) over (partition by path_id {{ by_time }}) as channel_2_before,
        lag(channel, 3) over (partition by path_id {{ by_time }}) as channel_3_before,
        lead(channel) over (partition by path_id {{ by_time }}) is null as is_last
    from touches

),

counted as (

    select
        is_converted,
        is_last,
        channel,
        channel_1_before,
        channel_2_before,
        channel_3_before,
        count(*) as path_count
    from neighbours
    group by is_converted, is_last, channel, channel_1_before, channel_2_before, channel_3_before

),

named as (

    select
        counted.*,
        {%- for name, first in [('state', 0), ('state_before', 1)] %}
        {%- set columns = ['channel', 'channel_1_before', 'channel_2_before', 'channel_3_before'][first:first + 3] %}
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
        path_count
    from named
    union all
    select
        state as from_state,
        case when is_converted then '(conversion)' else '(null)' end as to_state,
        channel as from_channel,
        case when is_converted then '(conversion)' else '(null)' end as to_channel,
        path_count
    from named
    where is_last

),

transitions as (

    select
        from_state,
        to_state,
        from_channel,
        to_channel,
        cast(sum(path_count) as bigint) as path_count
    from steps
    group by from_state, to_state, from_channel, to_channel

)

select * from transitions
