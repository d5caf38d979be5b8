"""Ads in the world, platform by platform: what they cost and claim, and how both grow until they stand still."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pytest

from .brand_world import none, one


@dataclass(frozen=True)
class Told:
    """Where a platform tells its figures, and by which rules it does."""

    table: str
    key: str
    ads: str
    name: str
    ended: str
    claims: str
    zone: str
    sources: str
    channel: str
    settles: int = 28
    click_days: int = 7
    figures: tuple[str, ...] = ("impressions", "clicks", "spend_cents")
    cells: str = "ad_id, day"
    claimed: str = "count(*)"
    least_shown: int = 30
    most_clicks: float = 1.6

    @property
    def settled(self) -> str:
        """The figures, each with the end of its day."""
        return (
            f"select *, (day + interval 1 day)::timestamp at time zone '{self.zone}' at time zone 'UTC' as day_end "
            f"from {self.table}"
        )


PLATFORMS = {
    "meta": Told(
        "meta_insights", "insight_id", "meta_ads", "name", "archived_at", "meta_conversions", "America/Los_Angeles",
        "'facebook', 'fb', 'fb ads', 'instagram', 'ig'", "paid_social",
        figures=("impressions", "reach", "clicks", "inline_link_clicks", "spend_cents"),
        cells="ad_id, publisher_platform, day", least_shown=50, most_clicks=1.5,
    ),
    "tiktok": Told(
        "tiktok_reports", "report_id", "tiktok_ads", "ad_name", "deleted_at", "tiktok_conversions", "America/New_York",
        "'tiktok', 'tt'", "paid_social",
    ),
    "google": Told(
        "google_ads_metrics", "metric_id", "google_ads_ads", "name", "removed_at", "google_ads_conversions",
        "America/Chicago", "'google', 'adwords'", "paid_search", settles=30, click_days=30, claimed="sum(share)",
    ),
}  # fmt: skip
every_platform = pytest.mark.parametrize("platform", PLATFORMS)


@every_platform
def test_figures_of_a_day_only_grow_and_stand_still_in_the_end(
    platform: str, everything: duckdb.DuckDBPyConnection
) -> None:
    told = PLATFORMS[platform]
    falls = " or ".join(f"{name} < lag({name}) over w" for name in told.figures)
    none(
        everything, f"select * from {told.table} window w as (partition by {told.key} order by version) qualify {falls}"
    )
    none(everything, f"from ({told.settled}) where updated_at > day_end + interval {told.settles} day")
    shown, grown = one(
        everything,
        f"""select count(*), count(*) filter (versions >= 4 and late) from (
            select {told.key}, count(*) as versions, bool_or(updated_at > day_end + interval 14 day) as late
            from ({told.settled}) where day between '2026-03-05' and '2026-04-10'
            group by {told.key} having max(impressions) > 60)""",
    )
    assert shown > told.least_shown
    assert grown > 0.8 * shown


@every_platform
def test_a_day_is_told_while_it_runs_in_the_account_zone(platform: str, everything: duckdb.DuckDBPyConnection) -> None:
    told = PLATFORMS[platform]
    partial, whole = one(
        everything,
        f"""select sum(first_told), sum(final) from (
            select arg_min(impressions, version) as first_told, max(impressions) as final,
                min(updated_at at time zone 'UTC' at time zone '{told.zone}') as told_at, day
            from {told.table} group by {told.key}, day) where told_at = day + interval 13 hour""",
    )
    assert 0.3 * whole < partial < 0.6 * whole


@every_platform
def test_final_figures_are_the_truth_to_the_cent(platform: str, everything: duckdb.DuckDBPyConnection) -> None:
    told = PLATFORMS[platform]
    settled = one(everything, f"select max(day) from {told.table}")[0]
    none(
        everything,
        f"""with final as (
            select ad_id::varchar as ad_id, day as spend_date, sum(spend_cents) as spend_cents,
                sum(impressions) as impressions, sum(clicks) as clicks
            from (from {told.table} qualify row_number() over (partition by {told.key} order by version desc) = 1)
            group by all
        ), truth as (from truth_ad_totals where platform = '{platform}')
        select * from truth full join final using (ad_id, spend_date)
        where coalesce(spend_date, settled_at::date) < date '{settled}' - {told.settles} and (
            truth.spend_cents is distinct from final.spend_cents
            or truth.impressions is distinct from final.impressions
            or truth.clicks is distinct from final.clicks)""",
    )


@every_platform
def test_there_are_more_clicks_than_visits(platform: str, everything: duckdb.DuckDBPyConnection) -> None:
    told, truth = PLATFORMS[platform], f"(from truth_ad_totals where platform = '{platform}')"
    none(everything, f"from {truth} where link_clicks < visits or clicks < link_clicks or impressions < clicks")
    visits, clicks = one(everything, f"select sum(visits), sum(link_clicks) from {truth}")
    assert 1.05 * visits < clicks < told.most_clicks * visits
    # what the shop's own pages saw of the platform's ads; blockers hide some, so it is less
    none(
        everything,
        f"""with landed as (
            select campaign_name, {"campaign_content" if told.channel == "paid_social" else "'any'"} as content,
                count(distinct message_id) as landings
            from web_events
            where type = 'page' and search like '%utm_campaign%' and lower(campaign_source) in ({told.sources})
            group by all
        ), brought as (
            select totals.campaign_name, {f"ads.{told.name}" if told.channel == "paid_social" else "'any'"} as content,
                sum(visits) as visits
            from {truth} as totals inner join {told.ads} as ads using (ad_id)
            where {told.ended} is null group by all having sum(visits) > 0
        )
        from brought full join landed using (campaign_name, content)
        where landings is null or visits is null or landings > visits
            or landings < {0.7 if told.channel == "paid_social" else 0.55} * visits - 5""",
    )


@every_platform
def test_an_ad_that_ended_cost_money_and_brought_nobody(platform: str, everything: duckdb.DuckDBPyConnection) -> None:
    told = PLATFORMS[platform]
    spend, visits, last = one(
        everything,
        f"""select sum(spend_cents), sum(visits), max(spend_date < {told.ended}::date) from truth_ad_totals
        inner join {told.ads} using (ad_id) where {told.ended} is not null and platform = '{platform}'""",
    )
    assert spend > 0
    assert visits == 0
    assert last


@every_platform
def test_a_platform_claims_more_than_it_caused(platform: str, everything: duckdb.DuckDBPyConnection) -> None:
    claimed, caused = one(
        everything,
        "select sum(orders_claimed), sum(orders_caused) from truth_ad_effects "
        f"where scope = 'history' and platform = '{platform}'",
    )
    assert caused > 0
    assert 1.5 * caused < claimed < 8 * caused


@pytest.mark.parametrize("channel", sorted({told.channel for told in PLATFORMS.values()}))
def test_the_platforms_of_a_channel_caused_what_the_channel_did(
    channel: str, everything: duckdb.DuckDBPyConnection
) -> None:
    names = ", ".join(f"'{name}'" for name, told in PLATFORMS.items() if told.channel == channel)
    caused, all_caused = one(
        everything,
        f"""select sum(orders_caused), (select orders_caused from truth_channel_effects where channel = '{channel}')
        from truth_ad_effects where scope = 'history' and platform in ({names})""",
    )
    assert caused == all_caused


@every_platform
def test_claims_lie_on_days_on_which_the_ad_was_shown(platform: str, everything: duckdb.DuckDBPyConnection) -> None:
    told = PLATFORMS[platform]
    none(everything, f"from {told.claims} anti join {told.table} using ({told.cells})")
    most = max(told.settles, told.click_days)
    none(everything, f"from {told.claims} where delay_seconds < 0 or delay_seconds > {most} * 86400 or value_cents < 0")
    none(everything, f"from {told.claims} where is_view and delay_seconds > 86400")
    reported, truth = one(
        everything,
        f"""select {told.claimed}, (select sum(orders_claimed) from truth_ad_effects
            where scope = 'world' and platform = '{platform}')
        from {told.claims} where is_view or delay_seconds < {told.click_days} * 86400""",
    )
    assert reported == truth
    pixel, all_claims = one(everything, f"select count(*) filter (by_pixel), count(*) from {told.claims}")
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
