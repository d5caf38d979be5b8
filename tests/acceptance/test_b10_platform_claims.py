"""B10: what platforms claim stands beside what we credit, per platform and day, and is never revenue anywhere.

The money is compared with the sandbox's own files, by a path that never touches the warehouse: spend with the truth's
final figures (to the cent, for the days that the platform does not restate any more), claims with the single conversions.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.acceptance_support.attribution import MODELS
from tests.conftest import ROOT, Road, Walk

# Where claims may be: on their way in, and beside our credit.
MAY_READ_CLAIMS = {
    "int_ads__exchange_rates",
    "int_ads__claims",
    "int_ads__platform_days",
    "fct_ad_claims",
    "fct_ad_performance",
}
# What each platform counted by its own setting: orders and cents of a table of single conversions.
CLAIMED = {
    "meta": ("meta_conversions", "count(*)", "sum(value_cents)", "is_view or delay_seconds < 7 * 86400"),
    "tiktok": ("tiktok_conversions", "count(*)", "sum(value_cents)", "is_view or delay_seconds < 7 * 86400"),
    "google": ("google_ads_conversions", "sum(share)", "sum(share * value_cents)", "delay_seconds < 30 * 86400"),
}
FRACTION = 10_000  # Google counts halves of orders, and so halves of cents; the marts hold four digits
every_platform = pytest.mark.parametrize("platform", CLAIMED)
CLAIM = re.compile(r"claim|action_value|purchase_roas|conversion_value(?!_amount)", re.IGNORECASE)
REVENUE = re.compile(r"revenue|net_sales|gross_sales|attributed|credited|turnover|(?<!claimed_)roas$", re.IGNORECASE)
ALIAS = re.compile(r"\bas\s+(\w+)", re.IGNORECASE)


def taken_for_revenue(sql: str) -> list[str]:
    """Columns named as revenue that are made of a platform's claims."""
    text = re.sub(r"{#.*?#}|--[^\n]*", " ", sql, flags=re.DOTALL)
    named = [match for match in ALIAS.finditer(text) if REVENUE.search(match[1])]
    return [match[1] for match in named if CLAIM.search(_expression_before(text, match.start()))]


def _expression_before(text: str, end: int) -> str:
    """What an alias names: the text back to the comma, the bracket or the select that it stands behind."""
    depth, start = 0, end
    while start > 0:
        sign = text[start - 1]
        depth += (sign == ")") - (sign == "(")
        if depth < 0 or (depth == 0 and (sign == "," or text[start - 7 : start].lower().strip() == "select")):
            break
        start -= 1
    return text[start:end]


@every_platform
def test_claims_and_credit_stand_side_by_side(platform: str, first: Walk) -> None:
    with first.marts() as con:
        table = con.sql(
            "select platform, performance_date, attribution_model, sum(claimed_amount), sum(credited_revenue), "
            "sum(claimed_amount) / nullif(sum(credited_revenue), 0) from fct_ad_performance "
            f"where platform = '{platform}' group by all"
        ).fetchall()
        claimed = con.sql(
            "select claim_date, sum(claimed_amount) from fct_ad_claims "
            f"where claim_type = 'purchase' and attribution_window = 'default' and platform = '{platform}' group by 1"
        ).fetchall()
        spend = con.sql(
            f"select spend_date, sum(spend_amount) from fct_ad_spend where platform = '{platform}' group by 1"
        ).fetchall()
    for model in MODELS:
        by_day = {day: amount for _, day, one, amount, _, _ in table if one == model and amount}
        assert by_day == {day: amount for day, amount in claimed if amount}
        credited = sum(credit for _, _, one, _, credit, _ in table if one == model)
        assert credited > 0
        # It claims what would have come anyway too: a figure below 1 would mean that claims were lost on the way.
        if model != "any_click":  # it gives an order to every channel whole, over a longer time than a platform claims
            assert sum(by_day.values()) / credited > 1
    assert len(spend) > 80


def test_credit_of_ads_and_of_other_channels_is_all_credit(first: Walk) -> None:
    with first.marts() as con:
        found = con.sql(
            """
            with ads as (
                select attribution_model, sum(credited_revenue) as money, sum(credited_orders) as credit
                from fct_ad_performance group by 1
            ), others as (
                select attribution_model, sum(attributed_revenue) as money, sum(credit) as credit
                from fct_attribution where channel not in ('paid_social', 'paid_search', 'paid_other', 'display')
                    and conversion_type <> 'sign_up'
                group by 1
            ), everything as (
                select attribution_model, sum(attributed_revenue) as money, sum(credit) as credit
                from fct_attribution where conversion_type <> 'sign_up' group by 1
            )
            select attribution_model, everything.money - ads.money - others.money,
                everything.credit - ads.credit - others.credit, ads.money
            from everything join ads using (attribution_model) join others using (attribution_model)
            """
        ).fetchall()
    assert {row[0] for row in found} == set(MODELS)
    assert all(row[1:3] == (0, 0) and row[3] > 0 for row in found)


@pytest.mark.parametrize("walk", ["first", "next_day"])
def test_spend_ties_to_the_truth_to_the_cent(walk: str, road: Road, request: pytest.FixtureRequest) -> None:
    now = request.getfixturevalue(walk).now
    with duckdb.connect() as con:
        truth = con.execute(
            f"select (platform, ad_id, spend_date), spend_cents, impressions, clicks, settled_at <= ? "
            f"from '{road.sandbox.truth}/ad_totals.parquet' where spend_cents > 0",
            [now],
        ).fetchall()
    with request.getfixturevalue(walk).marts() as con:
        ours = {
            key: (int(spend * 100), impressions, clicks)
            for key, spend, impressions, clicks in con.sql(
                "select (platform, ad_id, spend_date), sum(account_spend_amount), sum(impressions), sum(clicks) "
                "from fct_ad_spend group by all"
            ).fetchall()
        }
    settled = {key: tuple(figures) for key, *figures, is_settled in truth if is_settled}
    final = {key: spend for key, spend, *_ in truth}
    assert {platform for platform, *_ in settled} == CLAIMED.keys()
    assert len(settled) > 1_000
    assert {key: ours.get(key) for key in settled} == settled
    young = {key: figures for key, figures in ours.items() if key not in settled and figures[0]}
    assert young, "no day is young enough to be restated: restatement was not tested"
    assert all(0 < figures[0] <= final[key] for key, figures in young.items())


@every_platform
def test_claims_tie_to_what_the_platform_counted(platform: str, road: Road, first: Walk) -> None:
    table, orders, cents, condition = CLAIMED[platform]
    with duckdb.connect() as con:
        theirs = con.execute(
            f"select day, {orders}, {cents} / 100 from '{road.sandbox.world}/{table}.parquet' "
            f"where revealed_at <= ? and ({condition}) group by 1",
            [first.now],
        ).fetchall()
    with first.marts() as con:
        ours = {
            day: (round(count * FRACTION), round(amount * FRACTION))
            for day, count, amount in con.sql(
                "select claim_date, sum(claimed_conversions), sum(account_claimed_amount) from fct_ad_claims "
                f"where attribution_window = 'default' and platform = '{platform}' group by 1"
            ).fetchall()
        }
        (last,) = con.sql(f"select max(spend_date) from fct_ad_spend where platform = '{platform}'").fetchone() or (
            None,
        )
    assert len(ours) > (30 if platform == "meta" else 20)
    assert ours == {
        day: (round(count * FRACTION), round(amount * FRACTION)) for day, count, amount in theirs if day <= last
    }


def test_only_the_ad_models_read_claims(manifest: dict[str, Any]) -> None:
    readers = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and any(re.search(r"claim", parent.rpartition(".")[2]) for parent in node["depends_on"]["nodes"])
    }
    assert "fct_ad_claims" in readers
    assert readers <= MAY_READ_CLAIMS
    # fct_ad_performance is the end of the road: nothing is made of it
    after = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and any(parent.endswith((".fct_ad_claims", ".fct_ad_performance")) for parent in node["depends_on"]["nodes"])
    }
    assert after == set()


def test_no_claim_becomes_revenue() -> None:
    files = [
        path
        for folder in ("dbt_project/models", "dbt_project/macros", "dashboards", "orchestration", "activation")
        for pattern in ("*.sql", "*.py")
        for path in sorted((ROOT / folder).rglob(pattern))
        if "target" not in path.parts
    ]
    assert any(path.stem == "fct_ad_performance" for path in files)
    assert {path.name: found for path in files if (found := taken_for_revenue(_queries(path)))} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select sum(claimed_amount) as revenue\nfrom fct_ad_claims",
        "select a, coalesce(net_sales_amount, 0) + claimed_amount as net_sales_amount,\n b from t",
        "select cast(sum(case when x then claimed_amount end) as decimal(18, 4)) as credited_revenue\nfrom t",
        "select action_value_amount as attributed_revenue\nfrom t",
    ],
)
def test_the_check_would_find_it(sql: str) -> None:
    assert taken_for_revenue(sql)


def test_the_check_lets_the_comparison_through() -> None:
    assert not taken_for_revenue(
        "select cast(claimed_amount / credited_revenue as decimal(18, 6)) as over_claim_factor,\n"
        "claimed_amount / spend_amount as claimed_roas,\n"
        "credited_revenue / spend_amount as roas,\n"
        "attributed_revenue as credited_revenue\nfrom t"
    )


def _queries(path: Path) -> str:
    """The SQL of a file: all of it, or what a Python file quotes."""
    text = path.read_text()
    if path.suffix == ".sql":
        return text
    return "\n".join(part for pair in re.findall(r'"""(.*?)"""|"([^"\n]*)"', text, re.DOTALL) for part in pair if part)
