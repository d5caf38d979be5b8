"""Olist, real orders of a Brazilian marketplace, dropped as files: its control totals hold to the cent in our marts.

The set may be used, not passed on, so it is not here. ``SELVAGE_OLIST`` names a folder of its tables, as CSV or Parquet,
called ``orders`` or ``olist_orders_dataset`` and so on; without it these tests are skipped. They land through the source
``files``, take the place of a vendor's shapes, and are built like any vendor's. What is expected is summed past all of
ours, in whole cents. Its trap: ``customer_id`` is another one in each order, ``customer_unique_id`` is the person.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import pipeline
from tests.acceptance.mini import MiniWarehouse

TABLES = ("orders", "order_items", "order_payments", "customers", "products")
WANTED = (
    "fct_orders",
    "fct_order_lines",
    "fct_payments",
    "fct_fulfilments",
    "fct_order_reconciliation",
    "fct_daily_sales",
)
UTC = "timezone('UTC', timezone('America/Sao_Paulo', {}))"
MONEY = """
    select order_id, count(*) as line_count, sum(price) as goods, sum(freight_value) as freight
    from raw_files.olist__order_items group by 1
"""
SHAPES = {
    "customer_records": f"""
        select 'olist' as source_system, customer_id as source_record_id, 'olist:' || customer_id as record_key,
            'customer' as record_type, customer_city as city, customer_state as region_code,
            customer_zip_code_prefix::varchar as postal_code, 'BR' as country_code, false as is_test,
            {UTC.format("order_purchase_timestamp")} as created_at, created_at as updated_at
        from raw_files.olist__customers inner join raw_files.olist__orders using (customer_id)
    """,
    "identifiers": f"""
        select 'olist' as source_system, 'olist:' || customer_id as record_key,
            'shopify_customer_id' as identifier_type, customer_unique_id as identifier_value, 'order' as observed_by,
            {UTC.format("order_purchase_timestamp")} as first_seen_at, first_seen_at as last_seen_at
        from raw_files.olist__customers inner join raw_files.olist__orders using (customer_id)
    """,
    "orders": f"""
        select 'olist' as source_system, 'olist:' || order_id as order_key, order_id, order_id as order_name,
            'olist:' || customer_id as record_key, 'marketplace' as channel, 'paid' as financial_status,
            if(order_delivered_carrier_date is null, 'unfulfilled', 'fulfilled') as fulfilment_status,
            'BRL' as currency_code, 'BRL' as presentment_currency_code, false as is_edited, false as is_test,
            false as is_tax_included, 1 as exchange_rate, coalesce(goods, 0) as gross_amount, 0 as discount_amount,
            0 as tax_amount, coalesce(freight, 0) as shipping_amount, 0 as tip_amount, 0 as gift_card_amount,
            coalesce(goods + freight, 0) as total_amount, total_amount as presentment_total_amount,
            {UTC.format("order_purchase_timestamp")} as created_at, created_at as processed_at,
            {UTC.format("order_approved_at")} as paid_at,
            {UTC.format("order_delivered_carrier_date")} as fulfilled_at,
            if(order_status = 'canceled', created_at, null) as cancelled_at, created_at as updated_at
        from raw_files.olist__orders left join ({MONEY}) as money using (order_id)
    """,
    "order_lines": """
        select 'olist' as source_system, 'olist:' || order_id || '-' || order_item_id as order_line_key,
            'olist:' || order_id as order_key, order_id || '-' || order_item_id as order_line_id,
            'olist:' || product_id as variant_key, product_id as sku, 'BRL' as currency_code,
            order_item_id as line_number, 1 as quantity, 1 as current_quantity, false as is_gift_card,
            price as unit_price, price as gross_amount, 0 as discount_amount, 0 as tax_amount
        from raw_files.olist__order_items
    """,
    "payments": f"""
        select 'olist' as source_system, 'olist:' || order_id || '-' || payment_sequential as payment_key,
            'olist:' || order_id as order_key, 'sale' as payment_type, 'success' as payment_status,
            payments.payment_type as gateway, 'BRL' as currency_code, false as is_test, payment_value as amount,
            {UTC.format("order_approved_at")} as processed_at
        from raw_files.olist__order_payments as payments inner join raw_files.olist__orders using (order_id)
    """,
    "fulfilments": f"""
        select 'olist' as source_system, 'olist:' || order_id || '-parcel' as fulfilment_key,
            'olist:' || order_id as order_key, 'shipped' as fulfilment_type, 'success' as fulfilment_status,
            line_count as quantity, {UTC.format("order_delivered_carrier_date")} as created_at,
            {UTC.format("order_delivered_customer_date")} as delivered_at, created_at as updated_at
        from raw_files.olist__orders inner join ({MONEY}) as money using (order_id)
        where order_delivered_carrier_date is not null
    """,
    "document_totals": f"""
        select 'olist' as source_system, 'olist:' || order_id as document_key, document_key as order_key,
            'order' as document_type, 'BRL' as currency_code, coalesce(goods, 0) as subtotal_amount,
            coalesce(goods + freight, 0) as total_amount, coalesce(paid, 0) as net_payment_amount,
            {UTC.format("order_purchase_timestamp")} as occurred_at, occurred_at as created_at
        from raw_files.olist__orders left join ({MONEY}) as money using (order_id)
            left join (select order_id, sum(payment_value) as paid from raw_files.olist__order_payments group by 1)
                using (order_id)
    """,
    "variants": """
        select 'olist' as source_system, 'olist:' || product_id as variant_key, product_id as variant_id,
            product_id as sku, product_category_name as title
        from raw_files.olist__products
    """,
}
"""Shape -> its rows; a column that is not named is null."""


class Olist:
    """The built warehouse, and the files past it."""

    def __init__(self, mini: MiniWarehouse, files: dict[str, Path]) -> None:
        self.rows, self._files = mini.rows, files

    def files(self, sql: str) -> tuple[Any, ...]:
        with duckdb.connect() as con:
            for name, file in self._files.items():
                con.execute(f"create view {name} as from '{file}'")
            return con.execute(sql).fetchone() or ()


@pytest.fixture(scope="module")
def olist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Olist]:
    given = os.environ.get("SELVAGE_OLIST")
    if not given:
        pytest.skip("SELVAGE_OLIST names no folder with Olist's tables")
    mini = MiniWarehouse(tmp_path_factory.mktemp("olist"))
    files = {}
    with mini.entered() as home:
        for table in TABLES:
            (found,) = (
                file for kind in ("parquet", "csv") for file in Path(given).glob(f"*{table}*.{kind}")
                if file.stem in (table, f"olist_{table}_dataset")
            )  # fmt: skip
            files[table] = home.landing / "olist" / f"{table}{found.suffix}"
            files[table].parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, files[table])
        pipeline.land("files")
    with duckdb.connect(str(mini.file)) as con:
        for shape, rows in SHAPES.items():
            view = f"shapes.shp_amazon__{shape}"  # a marketplace too, of which nothing was landed here
            columns = con.execute(f"describe {view}").fetchall()
            told = {name for name, *_ in con.execute(f"describe {rows}").fetchall()}
            named = (f"{name if name in told else 'null'}::{kind} as {name}" for name, kind, *_ in columns)
            con.execute(f"create or replace view {view} as select {', '.join(named)} from ({rows})")
    mini.build(*(f"+{mart}" for mart in WANTED))
    return Olist(mini, files)


def test_orders_lines_and_their_money(olist: Olist) -> None:
    orders, lines, goods, freight = olist.files(
        "select (select count(*) from orders), count(*), sum(round(price * 100)::bigint), "
        "sum(round(freight_value * 100)::bigint) from order_items"
    )
    assert lines > orders > 10_000
    assert olist.rows(
        "select count(*), sum(gross_amount) * 100, sum(shipping_amount) * 100, sum(total_amount) * 100 from marts.fct_orders"
    ) == [(orders, goods, freight, goods + freight)]
    assert olist.rows("select count(*), sum(gross_amount) * 100 from marts.fct_order_lines") == [(lines, goods)]


def test_orders_without_items_stay_and_cancelled_ones_sell_nothing(olist: Olist) -> None:
    empty, cancelled, sold = olist.files(
        "select (select count(*) from orders anti join order_items using (order_id)), "
        "(select count(*) from orders where order_status = 'canceled'), "
        "sum(round(price * 100)::bigint) from order_items semi join "
        "(from orders where order_status <> 'canceled') using (order_id)"
    )
    assert empty > 0 < cancelled
    assert olist.rows(
        "select count(*) filter (line_count = 0), count(*) filter (is_cancelled), "
        "sum(net_sales_amount) filter (not is_cancelled) * 100 from marts.fct_orders"
    ) == [(empty, cancelled, sold)]
    assert olist.rows("select sum(net_sales_amount) * 100 from marts.fct_daily_sales") == [(sold,)]


def test_a_person_is_not_an_id_of_one_order(olist: Olist) -> None:
    persons, ids = olist.files("select count(distinct customer_unique_id), count(distinct customer_id) from customers")
    assert persons < ids
    assert olist.rows("select count(distinct customer_id), count(customer_id) from marts.fct_orders") == [
        (persons, ids)
    ]


def test_payments_and_those_that_are_not_the_orders_total(olist: Olist) -> None:
    count, paid = olist.files("select count(*), sum(round(payment_value * 100)::bigint) from order_payments")
    assert olist.rows("select count(*), sum(payment_amount) * 100 from marts.fct_payments") == [(count, paid)]
    (differing,) = olist.files(
        "with owed as (select order_id, sum(price + freight_value) as owed from order_items group by 1), "
        "paid as (select order_id, sum(payment_value) as paid from order_payments group by 1) "
        "select count(*) from owed inner join paid using (order_id) where abs(round((owed - paid)::decimal(18, 2), 2)) > 0.01"
    )
    assert differing > 0
    assert olist.rows(
        "select count(*) from marts.fct_orders inner join (select order_key, sum(payment_amount) as paid "
        "from marts.fct_payments group by 1) using (order_key) where line_count > 0 and abs(total_amount - paid) > 0.01"
    ) == [(differing,)]


def test_parcels_and_when_they_came(olist: Olist) -> None:
    sent, came = olist.files(
        "select count(*) filter (order_delivered_carrier_date is not null), "
        "count(*) filter (order_delivered_carrier_date is not null and order_delivered_customer_date is not null) "
        "from orders semi join order_items using (order_id)"
    )
    assert olist.rows("select count(*), count(delivered_at) from marts.fct_fulfilments") == [(sent, came)]


def test_totals_reconcile_with_the_files(olist: Olist) -> None:
    rows = olist.rows(
        "select measure, sum(mart_amount) > 0, sum(abs(difference_amount)) from marts.fct_order_reconciliation group by 1"
    )
    assert {measure for measure, *_ in rows} >= {"subtotal", "total", "net_payment"}
    assert all(is_told and difference == 0 for _, is_told, difference in rows)
