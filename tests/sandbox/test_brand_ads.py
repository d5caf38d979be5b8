"""Meta's ads in the world: what they cost and claim, and how both grow until they stand still."""

from __future__ import annotations

import duckdb

from .brand_world import none, one

FIGURES = ("impressions", "reach", "clicks", "inline_link_clicks", "spend_cents")
SETTLED = """
    select insights.*, (day + interval 1 day)::timestamp at time zone 'America/Los_Angeles' at time zone 'UTC' as day_end
    from meta_insights as insights
"""


def test_figures_of_a_day_only_grow_and_stand_still_after_28_days(everything: duckdb.DuckDBPyConnection) -> None:
    falls = " or ".join(f"{name} < lag({name}) over w" for name in FIGURES)
    none(
        everything,
        f"select * from meta_insights window w as (partition by insight_id order by version) qualify {falls}",
    )
    none(everything, f"from ({SETTLED}) where updated_at > day_end + interval 28 day")
    shown, grown = one(
        everything,
        f"""select count(*), count(*) filter (versions >= 4 and late) from (
            select insight_id, count(*) as versions, bool_or(updated_at > day_end + interval 14 day) as late
            from ({SETTLED}) where day between '2026-03-05' and '2026-04-10'
            group by insight_id having max(impressions) > 60)""",
    )
    assert shown > 50
    assert grown > 0.8 * shown


def test_a_day_is_told_while_it_runs_in_the_account_zone(everything: duckdb.DuckDBPyConnection) -> None:
    partial, whole = one(
        everything,
        """select sum(first_told), sum(final) from (
            select arg_min(impressions, version) as first_told, max(impressions) as final,
                min(updated_at at time zone 'UTC' at time zone 'America/Los_Angeles') as told_at, day
            from meta_insights group by insight_id, day) where told_at = day + interval 13 hour""",
    )
    assert 0.3 * whole < partial < 0.6 * whole


def test_final_figures_are_the_truth_to_the_cent(everything: duckdb.DuckDBPyConnection) -> None:
    settled = one(everything, "select max(day) from meta_insights")[0]
    none(
        everything,
        f"""with final as (
            select ad_id::varchar as ad_id, day as spend_date, sum(spend_cents) as spend_cents,
                sum(impressions) as impressions, sum(clicks) as clicks, sum(inline_link_clicks) as link_clicks
            from (from meta_insights qualify row_number() over (partition by insight_id order by version desc) = 1)
            group by all)
        select * from truth_ad_totals full join final using (ad_id, spend_date)
        where coalesce(spend_date, settled_at::date) < date '{settled}' - 28 and (
            truth_ad_totals.spend_cents is distinct from final.spend_cents
            or truth_ad_totals.impressions is distinct from final.impressions
            or truth_ad_totals.clicks is distinct from final.clicks
            or truth_ad_totals.link_clicks is distinct from final.link_clicks)""",
    )


def test_there_are_more_clicks_than_visits(everything: duckdb.DuckDBPyConnection) -> None:
    none(everything, "from truth_ad_totals where link_clicks < visits or clicks < link_clicks or impressions < clicks")
    visits, clicks = one(everything, "select sum(visits), sum(link_clicks) from truth_ad_totals")
    assert 1.05 * visits < clicks < 1.5 * visits
    # what the shop's own pages saw of Meta's ads; blockers hide some, so it is less
    none(
        everything,
        """with landed as (
            select campaign_name, campaign_content as content, count(distinct message_id) as landings
            from web_events
            where type = 'page' and search like '%utm_campaign%'
                and lower(campaign_source) in ('facebook', 'fb', 'fb ads', 'instagram', 'ig')
            group by all
        ), brought as (
            select campaign_name, meta_ads.name as content, sum(visits) as visits
            from truth_ad_totals inner join meta_ads using (ad_id) where archived_at is null group by all
        )
        from brought full join landed using (campaign_name, content)
        where landings is null or visits is null or landings > visits or landings < 0.7 * visits - 5""",
    )


def test_an_archived_ad_cost_money_and_brought_nobody(everything: duckdb.DuckDBPyConnection) -> None:
    spend, visits, last = one(
        everything,
        """select sum(spend_cents), sum(visits), max(spend_date < archived_at::date) from truth_ad_totals
        inner join meta_ads using (ad_id) where archived_at is not null""",
    )
    assert spend > 0
    assert visits == 0
    assert last


def test_meta_claims_more_than_it_caused(everything: duckdb.DuckDBPyConnection) -> None:
    claimed, caused, channel = one(
        everything,
        """select sum(orders_claimed), sum(orders_caused),
            (select orders_caused from truth_channel_effects where channel = 'paid_social')
        from truth_ad_effects where scope = 'history'""",
    )
    assert caused > 0
    # the channel's other platform has its own part
    assert 0.4 * channel < caused <= channel
    assert 1.5 * caused < claimed < 8 * caused


def test_claims_lie_on_days_on_which_the_ad_was_shown(everything: duckdb.DuckDBPyConnection) -> None:
    none(everything, "from meta_conversions anti join meta_insights using (ad_id, publisher_platform, day)")
    none(everything, "from meta_conversions where delay_seconds < 0 or delay_seconds > 28 * 86400 or value_cents < 0")
    none(everything, "from meta_conversions where is_view and delay_seconds > 86400")
    reported, truth = one(
        everything,
        """select count(*), (select sum(orders_claimed) from truth_ad_effects where scope = 'world')
        from meta_conversions where is_view or delay_seconds < 7 * 86400""",
    )
    assert reported == truth
    pixel, all_claims = one(everything, "select count(*) filter (by_pixel), count(*) from meta_conversions")
    assert 0 < pixel < all_claims


def test_meta_knows_part_of_the_people_by_their_true_hashes(everything: duckdb.DuckDBPyConnection) -> None:
    known, people = one(
        everything,
        "select (select count(*) from truth_meta_users), (select count(*) from truth_people where not is_staff)",
    )
    assert 0.6 * people < known < 0.8 * people
    none(everything, "select key, sha256 from meta_users group by all having count(*) > 1")
    none(
        everything,
        """select * from meta_users
        inner join truth_meta_users as behind on behind.user_id = meta_users.user_id::varchar
        inner join truth_people using (person_id)
        where sha256 not in (sha256(email), coalesce(sha256(second_email), ''), sha256(ltrim(phone, '+')))""",
    )
    assert one(everything, "select count(distinct key) from meta_users")[0] == 2
