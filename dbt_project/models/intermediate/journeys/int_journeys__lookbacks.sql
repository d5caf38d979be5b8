-- The look-back of each kind of touchpoint that occurs, from the most exact row of the seed attribution_settings.
with kinds as (

    select distinct
        channel,
        touch_type
    from {{ ref('int_journeys__touchpoints') }}

),

settings as (

    select * from {{ ref('attribution_settings') }}

),

lookbacks as (

    select
        kinds.channel,
        kinds.touch_type,
        settings.lookback_days
    from kinds
    inner join settings
        on
            settings.channel in ('*', kinds.channel)
            and settings.touch_type in ('*', kinds.touch_type)
    qualify row_number() over (
        partition by kinds.channel, kinds.touch_type
        order by
            case when settings.channel = '*' then 1 else 0 end asc nulls last,
            case when settings.touch_type = '*' then 1 else 0 end asc nulls last
    ) = 1

)

select * from lookbacks
