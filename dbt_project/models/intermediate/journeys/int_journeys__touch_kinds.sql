-- The kinds of touchpoint that may have credit, each with its look-back, from the most exact row of the seed
-- attribution_settings, and the place of its channel among all by their number of touches.
with kinds as (

    select
        channel,
        touch_type,
        count(*) as touchpoint_count
    from {{ ref('int_journeys__touchpoints') }}
    group by channel, touch_type

),

ranked_channels as (

    select
        channel,
        row_number() over (order by sum(touchpoint_count) desc nulls last, channel asc nulls last) as channel_rank
    from kinds
    group by channel

),

settings as (

    select * from {{ ref('attribution_settings') }}
    where setting = 'lookback_days'

),

-- Read for its stop: settings that can't be meant give no look-back.
checked as (

    select count(*) as row_count from {{ ref('int_journeys__attribution_settings') }}

),

chosen as (

    select
        kinds.channel,
        kinds.touch_type,
        kinds.touchpoint_count,
        ranked_channels.channel_rank,
        cast(settings.setting_value as bigint) as lookback_days
    from kinds
    inner join ranked_channels on kinds.channel = ranked_channels.channel
    inner join settings
        on
            settings.channel in ('*', kinds.channel)
            and settings.touch_type in ('*', kinds.touch_type)
    inner join checked on checked.row_count = 1
    qualify row_number() over (
        partition by kinds.channel, kinds.touch_type
        order by
            case when settings.channel = '*' then 1 else 0 end asc nulls last,
            case when settings.touch_type = '*' then 1 else 0 end asc nulls last
    ) = 1

),

-- A look-back of 0: the kind is told in fct_touchpoints and lies on no path.
touch_kinds as (

    select * from chosen
    where lookback_days > 0

)

select * from touch_kinds
