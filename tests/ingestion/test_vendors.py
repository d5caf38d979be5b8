"""Shopify and Klaviyo against the sandbox: first reading, nothing new, what we wrote, a day more, faults, backfills."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import selvage
from activation.destination import Audience, Contact, Member
from activation.discovery import destinations
from ingestion import pipeline
from ingestion.shopify import orders, transfers
from ingestion.sources import klaviyo, shopify
from ingestion.window import Progress, Window
from sandbox.server import Running, running
from tests.ingestion.conftest import DAYS, PEOPLE, land

SHOPIFY_TABLES = [table.name for root in shopify.ROOTS for table in (*root.tables, *root.detail_tables)]
SHOPIFY_TABLES += [table.name for table in transfers.TABLES]
NOT_NEWS = {table.name: table.not_news for table in (orders.CUSTOMERS, *(feed.table for feed in klaviyo.FEEDS))}
KLAVIYO_TABLES = [feed.table.name for feed in klaviyo.FEEDS]


def content(home: selvage.Settings, vendor: str, tables: list[str]) -> dict[str, list[tuple]]:
    """Every row of a vendor's tables, the load's id left out."""
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        return {
            table: warehouse.execute(
                f"select columns(c -> c not in {('_dlt_load_id', *NOT_NEWS.get(table, ()))}) "
                f"from raw_{vendor}.{table} order by all"
            ).fetchall()
            for table in tables
            if warehouse.execute(
                "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
                [f"raw_{vendor}", table],
            ).fetchall()
        }


@pytest.fixture(scope="module")
def landed_once(small_shop: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[tuple]]]:
    """What a reading without any fault brings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELVAGE_HOME", str(tmp_path_factory.mktemp("reference")))
        patch.setenv("SELVAGE_SANDBOX_PORT", str(small_shop.port))
        home = selvage.settings()
        land("shopify")
        land("klaviyo")
        return {
            "shopify": content(home, "shopify", SHOPIFY_TABLES),
            "klaviyo": content(home, "klaviyo", KLAVIYO_TABLES),
        }


def test_first_reading_brings_the_world(landed_once, small_shop: Running) -> None:
    world = duckdb.connect()
    now = small_shop.now.replace(tzinfo=None)

    def ids(table: str, key: str, kind: str = "true") -> set[str]:
        found = f"select distinct {key}::varchar from read_parquet(?) where revealed_at <= ? and {kind}"
        (file,) = small_shop.world.glob(f"**/{table}*.parquet")
        return {row[0] for row in world.execute(found, [str(file), now]).fetchall()}

    shop, mail = landed_once["shopify"], landed_once["klaviyo"]
    assert {row[0] for row in shop["orders"]} == ids("shopify_orders", "order_id")
    gone = ids("shopify_customers", "customer_id", "is_deleted")  # merged into others: shown no more
    assert {row[0] for row in shop["customers"]} == ids("shopify_customers", "customer_id") - gone
    assert {row[0] for row in shop["order_lines"]} <= ids("shopify_order_lines", "line_id")
    assert {row[0] for row in mail["events"]} == ids("klaviyo_events", "event_id")
    assert {row[0] for row in mail["profiles"]} == ids("klaviyo_profiles", "profile_id")
    assert len(shop["inventory_levels"]) == len({row[0] for row in shop["inventory_levels"]})


def test_parts_of_an_order_add_up_to_it(landed_once) -> None:
    shop = landed_once["shopify"]
    names = {table.name: [column.name for column in table.columns] for root in shopify.ROOTS for table in root.tables}

    def column(table: str, name: str) -> int:
        return names[table].index(name)

    taxes: dict[str, Decimal] = {}
    for line in shop["order_lines"]:
        order = line[column("order_lines", "order_id")]
        taxes[order] = taxes.get(order, Decimal(0)) + line[column("order_lines", "tax_amount")]
    for order in shop["orders"]:
        parts = [order[column("orders", f"{name}_amount")] for name in ("subtotal", "shipping", "tax", "tip", "total")]
        if order[column("orders", "is_taxes_included")]:
            parts[2] = Decimal(0)
        assert sum(parts[:-1]) == parts[-1]
        assert taxes.get(order[0], Decimal(0)) <= order[column("orders", "tax_amount")]


@pytest.mark.parametrize("kind", ["throttle", "error_500", "hangup"])
@pytest.mark.parametrize("vendor", ["shopify", "klaviyo"])
def test_faults_change_nothing(vendor: str, kind: str, shop: Running, home, landed_once) -> None:
    shop.faults(vendor, kind, 3)
    land(vendor)
    tables = SHOPIFY_TABLES if vendor == "shopify" else KLAVIYO_TABLES
    assert content(home, vendor, tables) == landed_once[vendor]


def test_pages_that_come_twice_and_cursors_that_expire_change_nothing(
    shop: Running, home, landed_once, monkeypatch
) -> None:
    monkeypatch.setattr("ingestion.shopify.reader.NODES_PER_PAGE", 20)
    monkeypatch.setattr("ingestion.shopify.reader.CHILDREN_PER_PAGE", 1)
    window = Window(datetime(2026, 1, 1), shop.now.replace(tzinfo=None) + timedelta(days=1))
    source = shopify.source(window=window)  # all by cursor instead of bulk
    for vendor in ("shopify", "klaviyo"):
        shop.faults(vendor, "duplicate_page", 2)
        shop.faults(vendor, "expired_cursor", 1)
    pipeline.pipeline("shopify").run(source, **pipeline.run_arguments())
    land("klaviyo")
    assert content(home, "klaviyo", KLAVIYO_TABLES) == landed_once["klaviyo"]
    # history by cursor and history in bulk are the same rows
    found = content(home, "shopify", SHOPIFY_TABLES)
    assert {name: found.get(name) for name in SHOPIFY_TABLES} == {
        name: landed_once["shopify"].get(name) for name in SHOPIFY_TABLES
    }


def tell(vendor: str, use: tuple[str, str], contacts: list[Contact]) -> None:
    """Write a property of some people to a vendor, as activation does."""
    module = destinations()[vendor]
    members = [Member(f"c{place}", contact, {"rfm_segment": "loyal"}) for place, contact in enumerate(contacts)]
    connection = module.connect(selvage.vendor(vendor, module.SETTINGS), Audience("echo", "", *use, vendor))
    outcomes = module.add(connection, members, lambda _: None)
    assert {one.status for one in outcomes} == {"acknowledged"}
    assert len(outcomes) >= 20


def test_a_second_landing_brings_nothing_and_a_day_more_only_what_changed(
    tmp_path_factory: pytest.TempPathFactory, home, rows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Although activation wrote to the vendors in between, which gave each record it wrote a new time of change."""
    told = {"shopify": "customers", "zendesk": "users", "klaviyo": "profiles"}
    with running(tmp_path_factory.mktemp("moving"), people=PEOPLE, days=DAYS) as shop:
        monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(shop.port))
        before = shop.now.replace(tzinfo=None)
        for vendor in told:
            assert sum(land(vendor).values()) > 100
        people = {vendor: rows(f"from raw_{vendor}.{table} order by id") for vendor, table in told.items()}
        known = rows("select email from raw_klaviyo.profiles where email = lower(email) order by id limit 30")
        tell("klaviyo", ("marketing", "email"), [Contact(email=email) for (email,) in known])
        tell("shopify", ("service", "shop"), [Contact(shopify_ids=row[0]) for row in people["shopify"][:30]])
        tell("zendesk", ("service", "support"), [Contact(zendesk_ids=row[0]) for row in people["zendesk"][:30]])
        for vendor, table in told.items():
            again = pipeline.land(vendor)
            assert again.rows == {}
            counted = {name: rows(f"select count(*) from raw_{vendor}.{name}")[0][0] for name in again.raw_rows}
            assert counted == again.raw_rows, "what there is, although nothing came"
            assert counted[table] == len(people[vendor])

        later = shop.advance(days=1).replace(tzinfo=None)
        days = {vendor: pipeline.land(vendor) for vendor in told}
        news = {vendor: landed.rows for vendor, landed in days.items()}
        assert days["shopify"].raw_rows["orders"] == rows("select count(*) from raw_shopify.orders")[0][0]
        assert 0 < news["shopify"]["orders"] < 100
        assert news["shopify"]["order_lines"] >= news["shopify"]["orders"]
        assert 0 < news["klaviyo"]["events"] < 1000
        newest_load = "(select max(_dlt_load_id) from raw_shopify.orders)"
        found = f"select min(updated_at), max(updated_at) from raw_shopify.orders where _dlt_load_id = {newest_load}"
        oldest, newest = rows(found)[0]
        assert before < oldest <= newest <= later
        for vendor, table in told.items():
            assert land(vendor) == {}
            changed = "updated" if vendor == "klaviyo" else "updated_at"
            assert rows(f"select count(*) from raw_{vendor}.{table} where {changed} = '{before}'") == [(0,)]
            assert rows(f"from raw_{vendor}.{table} order by id") != people[vendor], (
                "nobody changed: nothing was tested"
            )

        # what was read piece by piece is what a fresh home reads at once, but for the times of what we wrote
        pieces = {v: content(home, v, t) for v, t in (("shopify", SHOPIFY_TABLES), ("klaviyo", KLAVIYO_TABLES))}
        monkeypatch.setenv("SELVAGE_HOME", str(tmp_path / "fresh"))
        fresh = selvage.settings()
        land("shopify")
        land("klaviyo")
        assert content(fresh, "shopify", SHOPIFY_TABLES) == pieces["shopify"]
        assert content(fresh, "klaviyo", KLAVIYO_TABLES) == pieces["klaviyo"]


def test_events_of_the_future_land_and_do_not_move_the_position(shop: Running, landed_once, home, rows) -> None:
    land("klaviyo")
    state = pipeline.pipeline("klaviyo").state["sources"]["klaviyo"]["positions"]["events"]
    assert datetime.fromisoformat(state["read_to"]) == shop.now.replace(tzinfo=None)
    assert rows("select count(*) from raw_klaviyo.events") == [(len(landed_once["klaviyo"]["events"]),)]


def test_a_backfill_stops_resumes_and_leaves_the_position(shop: Running, home, monkeypatch: pytest.MonkeyPatch) -> None:
    land("klaviyo")
    before = pipeline.pipeline("klaviyo").state["sources"]["klaviyo"]["positions"]
    window = Window(datetime(2026, 3, 2), datetime(2026, 3, 23))
    done = Progress.done
    seen: list[Window] = []

    def stop_at_second(self: Progress, chunk: Window) -> None:
        seen.append(chunk)
        if len(seen) == 2:
            raise KeyboardInterrupt
        done(self, chunk)

    monkeypatch.setattr(Progress, "done", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        land("klaviyo", window=window)
    monkeypatch.setattr(Progress, "done", done)
    assert len(Progress(home.work, "klaviyo", window).left()) == 2
    again = land("klaviyo", window=window)
    assert again["events"] > 0
    assert not list((home.work / "backfill").glob("*.json"))
    assert pipeline.pipeline("klaviyo").state["sources"]["klaviyo"]["positions"] == before
    assert land("klaviyo") == {}


def test_one_table_cannot_be_read_without_the_others_of_its_source(shop: Running, home, rows) -> None:
    flow = pipeline.pipeline("shopify")
    flow.run(shopify.source().with_resources("orders"), **pipeline.run_arguments())
    assert rows("select count(*) > 0 from raw_shopify.order_lines") == [(True,)]


def test_missing_settings_are_all_named_before_any_work(home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_ENV", "prod")
    with pytest.raises(selvage.MissingSettings) as missing:
        pipeline.check_settings(["shopify", "klaviyo", "web_events", "files"])
    assert missing.value.names == [
        "KLAVIYO_API_KEY",
        "KLAVIYO_BASE_URL",
        "SHOPIFY_ACCESS_TOKEN",
        "SHOPIFY_BASE_URL",
        "WEB_EVENTS_PATH",
    ]
    with pytest.raises(selvage.MissingSettings):
        pipeline.land("shopify")
    assert not selvage.settings().warehouse.exists()


def test_a_refused_key_is_one_clear_error(shop: Running, home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLAVIYO_API_KEY", "pk_wrong")
    with pytest.raises(pipeline.SourceFailed, match=r"klaviyo: extract failed.*401"):
        pipeline.land("klaviyo")
    monkeypatch.delenv("KLAVIYO_API_KEY")
    assert land("klaviyo")["profiles"] > 0


def test_nothing_personal_stays_in_the_work_folder(shop: Running, home) -> None:
    land("shopify")
    left = [path for path in home.work.rglob("*") if path.suffix in (".parquet", ".jsonl", ".gz")]
    assert left == []
