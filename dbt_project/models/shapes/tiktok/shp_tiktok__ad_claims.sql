-- What TikTok says its ads brought. Its own figure is 'default', by the ad group's windows; 'view' is the part of it
-- that nobody clicked for. Of the figures that may mean a purchase the seed ad_action_types names the one that counts.
{% set told = [
    ('complete_payment', 'default', 'purchases', 'purchases_amount'),
    ('complete_payment', 'view', 'view_purchases', 'view_purchases_amount'),
    ('conversion', 'default', 'conversions', '0'),
] %}
with reports as (

    select * from {{ ref('stg_tiktok__reports') }}

),

by_window as (

    {%- for action_type, attribution_window, conversions, amount in told %}
        select
            reports.*,
            '{{ action_type }}' as action_type,
            '{{ attribution_window }}' as attribution_window,
            cast({{ conversions }} as decimal(18, 6)) as claimed_conversions,
            cast({{ amount }} as decimal(18, 4)) as claimed_amount
        from reports
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

counted as (

    select
        action_type,
        claim_type
    from {{ ref('ad_action_types') }}
    where source_system = 'tiktok' and is_counted

),

shaped as (

    select
        'tiktok' as source_system,
        'tiktok:' || by_window.account_id || ':' || by_window.ad_id || ':' || cast(by_window.report_date as string)
        || ':' || counted.claim_type || ':' || by_window.attribution_window as ad_claim_key,
        by_window.account_id,
        by_window.campaign_id,
        by_window.campaign_name,
        by_window.ad_group_id,
        by_window.ad_id,
        cast(null as string) as publisher,
        counted.claim_type,
        by_window.attribution_window,
        by_window.currency_code,
        by_window.report_date as claim_date,
        coalesce(by_window.claimed_conversions, 0) as claimed_conversions,
        coalesce(by_window.claimed_amount, 0) as claimed_amount
    from by_window
    inner join counted on by_window.action_type = counted.action_type
    where by_window.claimed_conversions <> 0 or by_window.claimed_amount <> 0

)

select * from shaped
