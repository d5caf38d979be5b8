with transitions as (

    select * from {{ ref('int_journeys__transitions') }}

),

fct_path_transitions as (

    select
        {{ surrogate_key(['from_channel', 'to_channel', 'path_end']) }} as path_transition_key,
        from_channel,
        to_channel,
        path_end = '(conversion)' as is_converted,
        cast(sum(path_count) as bigint) as path_count
    from transitions
    group by from_channel, to_channel, path_end

)

select * from fct_path_transitions
