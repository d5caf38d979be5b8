-- Visits that were paid for: which platform sold the click, by the seed ad_platforms, and which of its campaigns and
-- ads, by the campaign (name or id) and the content (ad name or id) that the link carried. What the platform's
-- accounts do not know, or know twice, is unknown; of platforms whose accounts are not read the link's words are all
-- there is.
with sold as (

    select
        touchpoints.touchpoint_id,
        touchpoints.campaign,
        {{ campaign_word('sessions.campaign_content') }} as content,
        platforms.platform
    from {{ ref('int_journeys__touchpoints') }} as touchpoints
    inner join {{ ref('ad_platforms') }} as platforms
        on
            touchpoints.channel = platforms.channel
            and (touchpoints.source = platforms.source or platforms.source = '*')
    left join {{ ref('int_journeys__sessions') }} as sessions on touchpoints.session_id = sessions.session_id
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

-- An ad by its name or id within its campaign, where only one ad has it.
spelled_ads as (

    {%- for column in ['ad_name', 'ad_id'] %}
        select
            spend.platform,
            campaigns.campaign,
            {{ campaign_word('spend.' ~ column) }} as spelling,
            spend.account_id,
            spend.ad_group_id,
            spend.ad_id
        from {{ ref('int_ads__spend') }} as spend
        inner join campaigns
            on spend.platform = campaigns.platform and {{ campaign_word('spend.campaign_id') }} = campaigns.spelling
        {{ 'union' if not loop.last }}
    {%- endfor %}

),

ads as (

    select
        platform,
        campaign,
        spelling,
        min(account_id) as account_id,
        min(ad_group_id) as ad_group_id,
        min(ad_id) as ad_id
    from spelled_ads
    group by platform, campaign, spelling
    having count(distinct account_id || ' ' || ad_id) = 1

),

campaign_accounts as (

    select
        platform,
        campaign,
        min(account_id) as account_id
    from spelled_ads
    group by platform, campaign
    having count(distinct account_id) = 1

),

ad_touchpoints as (

    select
        sold.touchpoint_id,
        sold.platform,
        case
            when platforms_read.platform is null then coalesce(sold.campaign, 'unknown')
            else coalesce(campaigns.campaign, 'unknown')
        end as campaign,
        coalesce(ads.account_id, campaign_accounts.account_id, 'unknown') as account_id,
        coalesce(ads.ad_group_id, 'unknown') as ad_group_id,
        coalesce(ads.ad_id, case when platforms_read.platform is null then sold.content end, 'unknown') as ad_id
    from sold
    left join campaigns
        on sold.platform = campaigns.platform and sold.campaign = campaigns.spelling
    left join platforms_read on sold.platform = platforms_read.platform
    left join ads
        on
            sold.platform = ads.platform
            and campaigns.campaign = ads.campaign
            and sold.content = ads.spelling
    left join campaign_accounts
        on sold.platform = campaign_accounts.platform and campaigns.campaign = campaign_accounts.campaign

)

select * from ad_touchpoints
