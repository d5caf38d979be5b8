-- The kinds of touchpoint that may have credit, each with its look-back, from the most exact row of the seed
-- attribution_settings, and the place of its channel among all by their number of touches. A kind with a look-back of 0
-- is told in fct_touchpoints and lies on no path.
with kinds as (

    select
        channel,
        touch_type,
        count(*) as touchpoint_count
    from {{ ref('int_journeys__touchpoints') }}
    group by channel, touch_type

),

settings as (

    select * from {{ ref('attribution_settings') }}
    where setting = 'lookback_days'

),

-- Read for its stop: settings that can't be meant give no look-back.
checked as (

    select count(*) as row_count from {{ ref('int_journeys__attribution_settings') }}

),

with_lookback as (

    select
        kinds.channel,
        kinds.touch_type,
        kinds.touchpoint_count,
        cast(settings.setting_value as bigint) as lookback_days
    from kinds
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

ranked_channels as (

    select
        channel,
        row_number() over (order by sum(touchpoint_count) desc nulls last, channel asc nulls last) as channel_rank
    from with_lookback
    where lookback_days > 0
    group by channel

),

touch_kinds as (

    select
        with_lookback.channel,
        with_lookback.touch_type,
        with_lookback.touchpoint_count,
        ranked_channels.channel_rank,
        with_lookback.lookback_days
    from with_lookback
    inner join ranked_channels on with_lookback.channel = ranked_channels.channel
    where with_lookback.lookback_days > 0

)

select * from touch_kinds
