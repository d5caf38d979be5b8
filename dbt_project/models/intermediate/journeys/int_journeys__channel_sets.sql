-- Which channels paths met together, as a sum of 2^(rank - 1), and how many of those paths converted. The rate-based
-- value alone asks for paths that led to nothing, and gives channels beyond the setting shapley_channels one bit
-- together.
{{ config(materialized='view') }}
with settings as (

    select * from {{ ref('int_journeys__attribution_settings') }}

),

channels as (

    select distinct
        touch_kinds.channel,
        cast(pow(
            2,
            case
                when settings.shapley_value = 'rate'
                    then least(touch_kinds.channel_rank, settings.shapley_channels + 1)
                else touch_kinds.channel_rank
            end - 1
        ) as bigint) as channel_bit
    from {{ ref('int_journeys__touch_kinds') }} as touch_kinds
    cross join settings

),

unconverted_paths as (

    {{ unconverted_paths("settings.shapley_value = 'rate'") }}

),

touches as (

    select
        cast(null as string) as customer_id,
        conversion_number as path_number,
        channel,
        1 as is_converted
    from {{ ref('int_journeys__paths') }}
    where path_length > 0 and conversion_type <> 'sign_up'
    union all
    select
        customer_id,
        path_number,
        channel,
        0 as is_converted
    from unconverted_paths

),

path_sets as (

    select
        bit_or(channels.channel_bit) as channel_set,
        max(touches.is_converted) as is_converted
    from touches
    inner join channels on touches.channel = channels.channel
    group by touches.customer_id, touches.path_number

),

channel_sets as (

    select
        channel_set,
        cast(sum(is_converted) as bigint) as conversion_count,
        count(*) as path_count
    from path_sets
    group by channel_set

)

select * from channel_sets
