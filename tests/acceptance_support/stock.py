"""A made world's stock, read day after day: each reading is landed from the world's tables and built by the compiled SQL.

What the vendors would show at a moment is put into the raw tables as their sources land it, and every model between them
and the marts of stock runs on it, in memory. So a hundred readings cost seconds; that the sources themselves land the same
is for the road to show.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from demand_forecast.build import demand_backtest, demand_forecasts
from sandbox.brand.basis import START
from sandbox.brand.world import World
from tests.acceptance.mini import MiniWarehouse, SharedHome
from tests.acceptance_support.built_sql import BuiltSql, built_sql, needed

HISTORY = "int_inventory__level_history"
MARTS = (
    "fct_inventory_snapshots",
    "fct_inventory_movements",
    "fct_shrink",
    "fct_oversells",
    "fct_stockouts",
    "fct_stock_cover",
    "fct_demand_backtest",
    "fct_reservations",
    "fct_atp_by_date",
    "fct_eligible_products",
    "int_inventory__issues",
)
NO_PLACES = "select 'shopify' as source_system, null::varchar as location_key where false"
GIVEN = {
    "int_orders__headers": NO_PLACES,
    "int_orders__refund_lines": NO_PLACES,
    "int_as_of": "select $now as as_of",
    "int_orders__order_lines": "select 'shopify:' || variant_id as variant_key, 'shopify' as source_system, sku, "
    "title as product_title, true as is_gift_card from world.shopify_order_lines where is_gift_card",
}
"""Models whose ancestors have nothing to do with stock -> what stands for them."""
LATEST = "qualify row_number() over (partition by {} order by version desc) = 1"
RAW = {
    "raw_shopify.locations": "select location_id::varchar as id, * from world.shopify_locations",
    "raw_shopify.products": "select product_id::varchar as id, * from world.shopify_products where version = 1",
    "raw_shopify.variants": "select variant_id::varchar as id, price_cents / 100 as price, unit_cost_cents / 100 as unit_cost, "
    "* from world.shopify_variants where version = 1",
    "raw_shopify.inventory_levels": "select inventory_level_id::varchar as id, true as is_active, * "
    "from world.shopify_inventory_levels where updated_at <= $now " + LATEST.format("inventory_level_id"),
    "raw_shopify.orders": "select order_id::varchar as id, test as is_test, * from world.shopify_orders "
    "where revealed_at <= $now " + LATEST.format("order_id"),
    "raw_shopify.order_lines": "select line_id::varchar as id, position as line_number, * from world.shopify_order_lines "
    "where revealed_at <= $now " + LATEST.format("line_id"),
    "raw_shopify.fulfillments": "select fulfillment_id::varchar as id, * from world.shopify_fulfillments "
    "where revealed_at <= $now " + LATEST.format("fulfillment_id"),
    "raw_shopify.refunds": "select refund_id::varchar as id, * from world.shopify_refunds where revealed_at <= $now",
    "raw_shopify.refund_lines": "select refund_line_id::varchar as id, line_id as order_line_id, restocked as is_restocked, * "
    "from world.shopify_refund_lines where revealed_at <= $now",
    "raw_shopify.inventory_transfers": "select transfer_id::varchar as id, * from world.shopify_inventory_transfers "
    "where revealed_at <= $now",
    "raw_shopify.inventory_shipments": "select shipment_id::varchar as id, transfer_id, "
    "if(shipped_at <= $now, shipped_at, null) as shipped_at, if(received_at <= $now, received_at, null) as received_at "
    "from world.shopify_inventory_transfers where revealed_at <= $now",
    "raw_shopify.inventory_shipment_lines": "select transfer_line_id::varchar as id, shipment_id, transfer_id, "
    "inventory_item_id, quantity, if(received_at <= $now, quantity - refused_quantity, 0) as accepted_quantity "
    "from world.shopify_inventory_transfer_lines as lines inner join world.shopify_inventory_transfers using (transfer_id) "
    "where lines.revealed_at <= $now",
    "raw_shopify.fulfillment_orders": "select fulfillment_order_id::varchar as id, order_id, assigned_location_id as location_id, * "
    "from world.shopify_fulfillment_orders where revealed_at <= $now " + LATEST.format("fulfillment_order_id"),
    "raw_shopify.fulfillment_order_lines": "with cancelled as (select line_id, sum(quantity) as units "
    "from world.shopify_refund_lines where revealed_at <= $now and restock_type = 'CANCEL' group by 1), "
    "orders as (select * from world.shopify_fulfillment_orders where revealed_at <= $now "
    + LATEST.format("fulfillment_order_id")
    + ") select 'f' || line_id as id, fulfillment_order_id, line_id as order_line_id, "
    "quantity - coalesce(units, 0) as total_quantity, "
    "if(fulfillment_status = 'FULFILLED', 0, total_quantity) as remaining_quantity "
    "from world.shopify_order_lines as lines inner join orders using (order_id, is_added) left join cancelled using (line_id) "
    "where lines.version = 1",
    "raw_shopify.draft_orders": "select draft_order_id::varchar as id, pickup_name as shipping_title, "
    "reserve_until as reserve_inventory_until, * from world.shopify_draft_orders where revealed_at <= $now "
    + LATEST.format("draft_order_id"),
    "raw_shopify.draft_order_lines": "select draft_order_line_id::varchar as id, * "
    "from world.shopify_draft_order_lines where revealed_at <= $now",
    "raw_square.locations": "select location_id as id, name, 'ACTIVE' as status, 'PHYSICAL' as type, created_at "
    "from world.square_locations",
    "raw_square.catalog_variations": "select object_id as id, * from world.square_catalog "
    "where kind = 'ITEM_VARIATION' and version = 1",
    "raw_square.inventory_changes": "select change_id as id, kind as type, variation_id as catalog_object_id, "
    "if(kind = 'PHYSICAL_COUNT', to_state, null) as state, if(kind = 'PHYSICAL_COUNT', null, from_state) as from_state, "
    "if(kind = 'PHYSICAL_COUNT', null, to_state) as to_state, "
    "* exclude (from_state, to_state) from world.square_inventory_changes where revealed_at <= $now",
    "raw_square.inventory_counts": "select count_id as id, variation_id as catalog_object_id, * "
    "from world.square_inventory_counts where revealed_at <= $now " + LATEST.format("count_id"),
}


READ = {
    "int_inventory__demand_backtest": ["int_inventory__daily_demand"],
    "int_inventory__demand_forecasts": ["int_inventory__daily_demand", "int_inventory__demand_backtest"],
}
PYTHON: dict[str, Callable[..., pa.Table]] = {
    "int_inventory__demand_backtest": demand_backtest,
    "int_inventory__demand_forecasts": lambda demand, backtest: demand_forecasts(demand, backtest.to_pylist()),
}
"""Models in Python, as dbt calls them."""
LEVELS = ("raw_shopify.inventory_levels", "raw_square.inventory_counts")
FIRST_BUILD = re.compile(r"history as \(\s*select\s+cast\(null as.*?where 1 = 0\s*\)", re.DOTALL)


class StockReadings:
    """Worlds read as often as a test asks. The project is compiled once, as it is in a build after the first."""

    def __init__(self, own: Path, *marts: str) -> None:
        mini = MiniWarehouse(own)
        with SharedHome(own).entered() as settings:
            parsed = settings.home / "dbt"
        # the home is shared: the next one who uses it empties it
        self._folder = own / "compiled_home"
        compiled = Path("build", "compiled")
        shutil.copytree(parsed / compiled, self._folder / "dbt" / compiled, dirs_exist_ok=True)
        self._file = Path(shutil.copy2(mini.file, self._folder))
        self._order, self._seeds = needed(parsed / "manifest.json", marts, GIVEN)

    @contextmanager
    def of(self, world: World) -> Iterator[Readings]:
        with built_sql(self._folder) as built:
            connection = built.connection
            connection.execute(f"attach '{self._file}' as built (read_only)")
            for schema in ("raw_shopify", "raw_square", "staging", "shapes", "world", "truth"):
                connection.execute(f"create schema if not exists {schema}")
            raw = "select table_schema, table_name from information_schema.tables where table_catalog = 'built' and table_schema like 'raw%'"
            for schema, table in connection.execute(raw).fetchall():
                connection.execute(f"create schema if not exists {schema}")
                connection.execute(f'create table {schema}."{table}" as from built.{schema}."{table}" limit 0')
            for seed in self._seeds:
                connection.execute(f"create table seeds.{seed} as from built.seeds.{seed}")
            connection.execute("detach built")
            for schema, folder in (("world", world.folder), ("truth", world.truth)):
                for path in folder.glob("*.parquet"):
                    connection.execute(f"create view {schema}.{path.stem} as from read_parquet('{path}')")
            yield Readings(built, self._order)


class Readings:
    """One world. ``read(day)`` takes a reading at the end of a day; ``marts()`` builds what follows from all of them."""

    def __init__(self, built: BuiltSql, order: list[str]) -> None:
        self._built, self._order = built, order
        self.connection: duckdb.DuckDBPyConnection = built.connection
        self._now: datetime | None = None
        # compiled as for a first build: it is told to look at what it remembers
        found = FIRST_BUILD.split(built.sql(HISTORY))
        assert len(found) == 2, "the model's memory is not where it was"
        self._remembering = f"{found[0]}history as (select * from intermediate.{HISTORY}){found[1]}"

    def read(self, day: int) -> datetime:
        """Stock as it is shown then, remembered. Returns the moment."""
        first, self._now = self._now is None, START + timedelta(days=day)
        for table in RAW if first else LEVELS:
            self._land(table)
        self._given()
        if first:
            for model in self._order[: self._order.index(HISTORY)]:
                self._make(model)
            self.connection.execute(f"create table intermediate.{HISTORY} as {self._built.sql(HISTORY)} limit 0")
        self._make("int_inventory__levels")
        self.connection.execute(f"insert into intermediate.{HISTORY} by name ({self._remembering})")
        return self._now

    def marts(self) -> None:
        """Everything else as of the last reading."""
        for table in RAW:
            self._land(table)
        for model in self._order:
            if model != HISTORY:
                self._make(model)

    @contextmanager
    def until(self, reading: int, model: str, *rebuilt: str) -> Iterator[None]:
        """Inside, ``rebuilt`` are as they were after a reading: ``model``, which they read, ends there."""
        table = f"intermediate.{model}"
        self.connection.execute(f"create temp table whole as from {table}")
        try:
            self.connection.execute(f"delete from {table} where reading_number > ?", [reading])
            for one in rebuilt:
                self._make(one)
            yield
        finally:
            self.connection.execute(f"create or replace table {table} as from whole; drop table whole")
            for one in rebuilt:
                self._make(one)

    def _land(self, table: str) -> None:
        select = RAW[table]
        given = {"now": self._now} if "$now" in select else None
        self.connection.execute(f"delete from {table}")
        self.connection.execute(f"insert into {table} by name (with told as ({select}) {self._known(table)})", given)

    def _given(self) -> None:
        for name, select in GIVEN.items():
            given = {"now": self._now} if "$now" in select else None
            self.connection.execute(f"create or replace table intermediate.{name} as {select}", given)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def _known(self, table: str) -> str:
        """The columns that both have."""
        schema, name = table.split(".")
        columns = f"select column_name from information_schema.columns where table_schema = '{schema}' and table_name = '{name}'"
        names = "|".join(row[0] for row in self.connection.execute(columns).fetchall())
        return f"select columns('^({names})$') from told"

    def _make(self, model: str) -> None:
        if model in PYTHON:
            made = PYTHON[model](
                *(self.connection.table(f"intermediate.{one}").to_arrow_table() for one in READ[model])
            )
            self.connection.register("made", made)
            self.connection.execute(f"create or replace table intermediate.{model} as from made")
            self.connection.unregister("made")
            return
        schema = {"stg": "staging", "shp": "shapes", "int": "intermediate"}.get(
            model.split("_", maxsplit=1)[0], "marts"
        )
        kind = "view" if schema in ("staging", "shapes") else "table"
        self.connection.execute(f"create or replace {kind} {schema}.{model} as {self._built.sql(model)}")
