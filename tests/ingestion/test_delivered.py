"""What webhooks named is landed as the API tells it, once, whatever dies; what is deleted or redacted goes and stays away."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

import selvage
from ingestion import delivered, erasing, pipeline
from ingestion.deliveries import Delivery, Mailbox
from ingestion.receiver import Receiver
from ingestion.sources import shopify as source
from sandbox.server import Running, free_port, running
from tests.ingestion.conftest import land, listening, wait_until_landed
from tests.ingestion.shopify_webhooks import ORDER, REDACT, SECRET, read


@pytest.fixture
def receiver(home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("SHOPIFY_WEBHOOK_SECRET", SECRET)
    return Receiver({"shopify": source})


@pytest.fixture
def warehouse(home: selvage.Settings) -> duckdb.DuckDBPyConnection:
    """Some raw rows: Ann (7) with orders 5 and 6, one by the guest Bea, and a table that has not got its columns yet."""
    connection = duckdb.connect(str(home.warehouse))
    connection.execute(
        """
        create schema raw_shopify;
        create table raw_shopify.customers as from (values ('7', 'ann@example.com'), ('8', 'bea@example.com')) t(id, email);
        create table raw_shopify.orders as from (values
            ('5', '7', 'ann@example.com', '1.2.3.4', 10.5), ('6', '7', null, null, 3), ('9', null, 'BEA@example.com', 'x', 4)
        ) t(id, customer_id, email, client_ip, total_amount);
        create table raw_shopify.order_lines as from (values ('50', '5'), ('90', '9')) t(id, order_id);
        create table raw_shopify.refunds as from (values ('1', '9', 'call Bea')) t(id, order_id, note);
        create table raw_shopify.abandoned_checkouts as from (values ('3', '7')) t(id, customer_id);
        """
    )
    return connection


def test_a_redacted_customer_goes_and_sales_stay(warehouse: duckdb.DuckDBPyConnection) -> None:
    said = [read({**REDACT, "orders_to_redact": []}, "customers/redact")]
    assert erasing.erase("shopify", (), said) == 2
    assert erasing.erase("shopify", (), said) == 0
    assert warehouse.execute("select id from raw_shopify.customers").fetchall() == [("8",)]
    orders = "select id, customer_id, email, client_ip, total_amount from raw_shopify.orders order by id"
    assert warehouse.execute(orders).fetchall()[0] == ("5", "7", None, None, 10.5)
    guest = {"shop_domain": "ours.myshopify.com", "customer": {"email": "bea@example.com"}, "orders_to_redact": []}
    erasing.erase("shopify", (), [read(guest, "customers/redact")])
    assert warehouse.execute(orders).fetchall()[2] == ("9", None, None, None, 4)
    assert warehouse.execute("select note from raw_shopify.refunds").fetchall() == [(None,)]
    assert warehouse.execute("select count(*) from raw_shopify.customers").fetchall() == [(0,)]


def test_a_deleted_order_goes_with_what_hangs_below_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    erasing.erase("shopify", ["gid://shopify/Order/5", "gid://shopify/Customer/8"], ())
    assert warehouse.execute("select id from raw_shopify.orders order by id").fetchall() == [("6",), ("9",)]
    assert warehouse.execute("select id from raw_shopify.order_lines").fetchall() == [("90",)]
    assert warehouse.execute("select id from raw_shopify.customers").fetchall() == [("7",)]


def test_what_the_shop_still_has_is_not_deleted(shop: Running, home: selvage.Settings, rows: Any) -> None:
    """So a captured body with another topic deletes nothing. What was redacted stays so, whatever is loaded later."""
    gid = first_order(shop)
    key = gid.rpartition("/")[2]
    mailbox = Mailbox("shopify")
    mailbox.keep(read({"id": key}, "orders/delete"))
    mailbox.keep(Delivery("k2", "orders/delete", datetime.now(UTC), gone=("gid://shopify/Order/1",)))
    delivered.land("shopify")
    assert rows("select id, email is not null from raw_shopify.orders") == [(key, True)]
    body = {"shop_domain": "x", "customer": {}, "orders_to_redact": [key]}
    mailbox.keep(Delivery("k3", "customers/redact", datetime.now(UTC), redact=read_redaction(body)))
    delivered.land("shopify")
    assert rows("select id, email is not null from raw_shopify.orders") == [(key, False)]
    flow = pipeline.pipeline("shopify", "backfill")
    flow.run(source.delivered([gid]), **pipeline.run_arguments())
    assert flow.landed.rows["orders"] == 1
    assert rows("select id, email is not null from raw_shopify.orders") == [(key, False)]


def read_redaction(body: dict[str, Any]) -> Any:
    return read(body, "customers/redact", base_url="http://127.0.0.1").redact


def first_order(shop: Running) -> str:
    asked = {"query": "{ orders(first: 1) { nodes { id } } }"}
    url, headers = f"{shop.url}/shopify/admin/api/2026-10/graphql.json", {"X-Shopify-Access-Token": "shpat_sandbox"}
    answer = requests.post(url, json=asked, headers=headers, timeout=30).json()
    return str(answer["data"]["orders"]["nodes"][0]["id"])


def test_a_death_between_landing_and_settling_doubles_nothing(
    shop: Running, home: selvage.Settings, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox("shopify")
    mailbox.keep(read({"id": first_order(shop).rpartition("/")[2]}))
    with monkeypatch.context() as dying:
        dying.setattr(Mailbox, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            delivered.land("shopify")
    before = rows("select count(*), min(_dlt_load_id) from raw_shopify.orders")
    assert len(mailbox.waiting()) == 1
    assert delivered.land("shopify").rows == {}
    assert mailbox.waiting() == {}
    assert rows("select count(*), min(_dlt_load_id) from raw_shopify.orders") == before == [(1, before[0][1])]


def test_what_cannot_be_landed_now_waits(receiver: Receiver, home: selvage.Settings, monkeypatch: Any) -> None:
    """While another process lands the same vendor, and when something is wrong that nobody foresaw."""
    mailbox = Mailbox("shopify")
    monkeypatch.setattr("ingestion.delivered.LONGEST_TURN_SECONDS", 0.0)
    mailbox.keep(read(ORDER))
    file = home.work / "dlt" / "shopify.lock"
    file.parent.mkdir(parents=True)
    with file.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not receiver.land("shopify")
    monkeypatch.setattr("ingestion.delivered._read", lambda *_: {}["unforeseen"])
    assert not receiver.land("shopify")
    assert len(mailbox.waiting()) == 1


def test_what_a_person_has_to_answer_stays(home: selvage.Settings) -> None:
    mailbox = Mailbox("shopify")
    mailbox.keep(read({"customer": {"id": 7}, "data_request": {"id": 3}}, "customers/data_request"))
    assert delivered.land("shopify").notes == ("data request 3 of customer 7",)
    assert mailbox.waiting() == {}
    assert len(list((home.work / "deliveries" / "shopify" / "kept").iterdir())) == 1


@pytest.fixture
def heard(home: selvage.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Running, str]]:
    """A shop whose clock moves, and the address at which our receiver takes its webhooks and lands them."""
    monkeypatch.setenv("SHOPIFY_WEBHOOK_SECRET", "shpss_sandbox")
    monkeypatch.setattr("ingestion.receiver.GATHER_SECONDS", 0.05)
    with running(tmp_path / "shop", people=120, days=30) as shop:
        monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(shop.port))
        with listening(Receiver({"shopify": source}), free_port()) as url:
            yield shop, url


def test_what_happens_is_landed_when_its_webhook_comes_and_the_next_reading_changes_nothing(
    heard: tuple[Running, str], rows: Any
) -> None:
    shop, url = heard
    land("shopify")
    read_at = (selvage.settings().work / "reads" / "shopify.json").read_text()
    before = rows("select count(*), max(created_at) from raw_shopify.orders")[0]
    state = pipeline.pipeline("shopify").state["sources"]["shopify"]["positions"]["orders"]["read_to"]
    since = shop.now
    shop.advance(days=2)
    asked = {"url": f"{url}/webhooks/shopify", "since": since.isoformat(), "copies": 2, "seed": 7}
    sent = requests.post(f"{shop.url}/shopify/_sandbox/webhooks", json=asked, timeout=120).json()
    assert set(sent) == {"200"}
    wait_until_landed(url, "shopify")
    counts = requests.get(f"{url}/health", timeout=30).json()["counts"]
    assert counts["shopify kept"] == counts["shopify seen_before"] == sent["200"] / 2
    after = rows("select count(*), max(created_at) from raw_shopify.orders")[0]
    assert after > before
    assert after[1] > since.replace(tzinfo=None)
    now = pipeline.pipeline("shopify").state["sources"]["shopify"]["positions"]["orders"]["read_to"]
    assert now == state
    assert (selvage.settings().work / "reads" / "shopify.json").read_text() == read_at
    landed = land("shopify")
    assert {name: count for name, count in landed.items() if not name.startswith(("abandoned_", "inventory_"))} == {}
    assert landed.get("inventory_levels", 0) == 0
    assert rows("select count(*), max(created_at) from raw_shopify.orders")[0] == after
