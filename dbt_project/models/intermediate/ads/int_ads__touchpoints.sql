-- Visits that were paid for: which platform sold the click, by the seed ad_platforms, and which of its campaigns, by
-- the campaign or campaign id that the link carried. A campaign that the platform's accounts do not know is unknown; of
-- platforms whose accounts are not read the link's word is all there is.
with touchpoints as (

    select * from {{ ref('int_journeys__touchpoints') }}

),

platforms as (

    select * from {{ ref('ad_platforms') }}

),

sold as (

    select
        touchpoints.touchpoint_id,
        touchpoints.campaign,
        platforms.platform
    from touchpoints
    inner join platforms
        on
            touchpoints.channel = platforms.channel
            and (touchpoints.source = platforms.source or platforms.source = '*')
    where touchpoints.touch_type = 'visit'
    qualify row_number() over (
        partition by touchpoints.touchpoint_id
        order by case when platforms.source = '*' then 1 else 0 end asc nulls last, platforms.platform asc nulls last
    ) = 1

),

campaigns as (

    select * from {{ ref('int_ads__campaigns') }}

),

platforms_read as (

    select distinct platform from campaigns

),

ad_touchpoints as (

    select
        sold.touchpoint_id,
        sold.platform,
        case
            when platforms_read.platform is null then coalesce(sold.campaign, 'unknown')
            else coalesce(campaigns.campaign, 'unknown')
        end as campaign
    from sold
    left join campaigns
        on sold.platform = campaigns.platform and sold.campaign = campaigns.spelling
    left join platforms_read on sold.platform = platforms_read.platform

)

select * from ad_touchpoints
