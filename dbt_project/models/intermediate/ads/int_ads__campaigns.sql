-- A visit names its campaign as somebody typed it into the link: by the campaign's name, one that it had before, or its
-- id. All of them lead to the newest name, spelled as touchpoints spell it. Campaigns whose names differ only in
-- spelling can't be told apart by their visits: they are one. Where one campaign's old name is another's present one,
-- the present one has it.
with named as (

    select
        platform,
        campaign_id,
        coalesce({{ campaign_word('campaign_name') }}, {{ campaign_word('campaign_id') }}) as spelling,
        max(spend_date) as last_date
    from {{ ref('int_ads__spend') }}
    where campaign_id is not null
    group by platform, campaign_id, spelling

),

current_names as (

    select
        platform,
        campaign_id,
        spelling as campaign,
        last_date
    from named
    qualify row_number() over (
        partition by platform, campaign_id
        order by last_date desc nulls last, spelling asc nulls last
    ) = 1

),

spellings as (

    select
        platform,
        {{ campaign_word('campaign_id') }} as spelling,
        campaign,
        last_date,
        0 as spelling_rank
    from current_names
    union all
    select
        named.platform,
        named.spelling,
        current_names.campaign,
        named.last_date,
        case when named.spelling = current_names.campaign then 1 else 2 end as spelling_rank
    from named
    inner join current_names
        on named.platform = current_names.platform and named.campaign_id = current_names.campaign_id

),

campaigns as (

    select
        platform,
        spelling,
        campaign
    from spellings
    qualify row_number() over (
        partition by platform, spelling
        order by spelling_rank asc nulls last, last_date desc nulls last, campaign asc nulls last
    ) = 1

)

select * from campaigns
