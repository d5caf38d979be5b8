"""The export for media-mix models: the query that the docs give makes a table as Meridian's loaders want it."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT, Walk


@pytest.fixture(scope="module")
def exported(next_day: Walk, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    made = tmp_path_factory.mktemp("media_mix") / "media_mix.csv"
    (query,) = re.findall(r"```sql\n(copy .*?)```", (ROOT / "docs" / "attribution.md").read_text(), re.DOTALL)
    with next_day.marts() as con:
        con.sql(query.replace("media_mix.csv", str(made)))
    return list(csv.DictReader(Path(made).open()))


def test_every_place_has_every_week_and_no_cell_is_empty(exported: list[dict[str, str]]) -> None:
    weeks = defaultdict(list)
    for row in exported:
        assert "" not in row.values()
        weeks[row["geo"]].append(date.fromisoformat(row["week_start_date"]))
    (same,) = {tuple(found) for found in weeks.values()}
    assert len(same) > 8
    assert all(later - one == timedelta(days=7) for one, later in pairwise(same))
    assert len(weeks) == 51


def test_each_medium_has_its_cost_beside_what_it_showed(exported: list[dict[str, str]]) -> None:
    spent = {name.removesuffix("_spend") for name in exported[0] if name.endswith("_spend")}
    shown = {name.removesuffix("_impressions") for name in exported[0] if name.endswith("_impressions")}
    google = {"google_search", "google_performance_max", "google_youtube"}
    assert spent == shown == {"meta_facebook", "meta_instagram", "tiktok", *google}
    for medium in spent:
        for row in exported:
            if float(row[f"{medium}_spend"]) > 0:
                assert float(row[f"{medium}_impressions"]) > 0, "money without an impression"


def test_money_of_places_is_that_of_the_marts(next_day: Walk) -> None:
    """Places of known and unknown population together, beside the facts; weeks begin on Mondays."""
    with next_day.marts() as con:
        sums = dict(
            con.sql("select variable_name, sum(value) from fct_media_mix group by 1").fetchall(),
        )
        sold = con.sql(
            "select sum(net_sales_amount), sum(order_count), sum(new_customer_order_count) from fct_daily_sales"
        ).fetchone()
        spent = con.sql(
            "select concat_ws('_', platform, publisher), sum(spend_amount), sum(clicks) from fct_ad_spend group by 1"
        ).fetchall()
        days = con.sql("select distinct dayname(week_start_date) from fct_media_mix").fetchall()
    assert (sums["net_sales"], sums["orders"], sums["new_customers"]) == sold
    assert spent
    for medium, money, clicks in spent:
        assert sums[f"{medium}_spend"] == money > 0
        assert sums[f"{medium}_clicks"] == clicks
    assert days == [("Monday",)]
