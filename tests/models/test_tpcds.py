"""TPC-DS as three channels with returns and stock: our marts' totals are those of plain SQL on the source tables."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest

from benchmarks.marts.product import BY_CHANNEL, MARTS
from benchmarks.marts.tpcds import CHANNELS, SHAPES, WORDS, generate, write
from tests.acceptance.mini import MiniWarehouse
from tests.acceptance_support.built_sql import BuiltSql, built_sql, needed

SCALE = 0.01
SIZES = {"store": (28_810, 2_810), "catalog": (14_313, 1_358), "web": (7_212, 679)}
"""Channel -> lines and returned lines, as TPC-DS makes them at this scale."""
SOLD = """
    select count(distinct {s}_{number}), count(*), sum({s}_quantity), sum({s}_net_paid), sum({s}_ext_tax),
        coalesce(sum({shipping}), 0), count_if({s}_coupon_amt <> 0), sum({s}_coupon_amt)
    from source.{sales}
"""
CAME_BACK = """
    select count(*), sum({r}_return_quantity), sum({returned}), sum({r}_return_tax) from source.{returns}
"""


RATES = "source_system varchar, currency_code varchar, rate_date date, rate decimal(18, 6)"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltSql]:
    """``source`` beside the marts of it: the SQL that dbt compiles, on tables that stand for the vendors' shapes."""
    own = tmp_path_factory.mktemp("tpcds")
    mini = MiniWarehouse(own)
    home = mini.file.parent
    manifest = home / "dbt" / "manifest.json"
    names = (node["name"] for node in json.loads(manifest.read_text())["nodes"].values())
    shapes = {name: name.split("__")[1] for name in names if name.startswith("shp_")}
    order, seeds = needed(manifest, MARTS, {*shapes, "int_identity__record_customers"})
    assert not seeds, "they would have to be loaded"
    with built_sql(home) as made:
        con = made.connection
        generate(con, own / "source.duckdb", SCALE)
        write(con, own / "rows")
        con.execute("create schema shapes")
        con.execute(f"create table shapes.shp_exchange_rates__exchange_rates ({RATES})")
        told: set[str] = set()
        for name, shape in shapes.items():
            if shape in SHAPES:
                rows = "limit 0" if shape in told else ""
                con.execute(f"create view shapes.{name} as from '{own}/rows/{shape}/*.parquet' {rows}")
                told.add(shape)
        con.execute(
            f"create table intermediate.int_identity__record_customers as from '{own}/rows/customers/*.parquet'"
        )
        made.build(*order)
        yield made


def source(con: duckdb.DuckDBPyConnection, query: str, channel: str) -> tuple:
    words = dict(zip(WORDS, CHANNELS[channel], strict=True))
    return con.execute(query.format(**words)).fetchone() or ()


def ours(con: duckdb.DuckDBPyConnection, mart: str, channel: str) -> list[tuple]:
    return [row[1:] for row in con.execute(BY_CHANNEL[mart].format("marts.fct_")).fetchall() if row[0] == channel]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channels_totals_are_those_of_its_tables(built: BuiltSql, channel: str) -> None:
    con = built.connection
    orders, lines, quantity, paid, tax, shipping, coupons, coupon = source(con, SOLD, channel)
    returned_lines, returned_quantity, returned, returned_tax = source(con, CAME_BACK, channel)
    assert (lines, returned_lines) == SIZES[channel]
    total, refunded = paid + tax + shipping, returned + returned_tax
    ((*sold, margin),) = ours(con, "orders", channel)
    assert sold == [
        *(orders, lines, quantity, paid, tax, shipping, total),
        *(returned, paid - returned, refunded, total - refunded),
    ]
    assert ours(con, "order_lines", channel) == [(lines, quantity, paid, paid - returned, margin)]
    assert ours(con, "returns", channel) == [(returned_lines, returned_quantity, returned)]
    assert [row[1] for row in ours(con, "refunds", channel)] == [refunded]
    assert [row[1] for row in ours(con, "payments", channel)] == [total - refunded]
    assert ours(con, "daily_sales", channel) == [(paid - returned, returned)]
    adjustments = {kind: told for kind, *told in ours(con, "order_adjustments", channel)}
    assert adjustments.pop("discount") == [coupons, coupon]
    assert sum(amount for _, amount in adjustments.values()) == shipping


def test_every_total_reconciles_with_the_documents(built: BuiltSql) -> None:
    rows = built.rows(
        "select measure, count(*), sum(abs(mart_amount)) > 0, sum(abs(difference_amount)) "
        "from marts.fct_order_reconciliation group by 1"
    )
    assert {measure for measure, *_ in rows} >= {"subtotal", "total", "refunds"}
    assert all(is_told and difference == 0 for _, _, is_told, difference in rows)


def test_stock_is_each_warehouses_newest_count(built: BuiltSql) -> None:
    newest = """
        select 'tpcds:warehouse-' || inv_warehouse_sk, count(*), sum(inv_quantity_on_hand) from source.inventory
        where (inv_item_sk, inv_warehouse_sk, inv_date_sk) in (
            select (inv_item_sk, inv_warehouse_sk, max(inv_date_sk)) from source.inventory
            group by inv_item_sk, inv_warehouse_sk)
        group by 1 order by 1
    """
    levels = built.rows(BY_CHANNEL["inventory_levels"].format("marts.fct_"))
    assert [row[:3] for row in levels] == built.rows(newest)
    assert sum(row[1] for row in levels) > 100
