"""Webhooks: only what the vendor signed is kept, it survives whatever happens, and the rows are what the API says."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import orjson
import pytest
import requests
import uvicorn

import selvage
from ingestion import delivered, erasing, pipeline
from ingestion.deliveries import Delivery, Mailbox, Refused
from ingestion.receiver import MOST_BYTES, Receiver
from ingestion.shopify.webhooks import verified
from ingestion.sources import shopify as source
from sandbox.server import Running, free_port, running
from tests.ingestion.conftest import land

SECRET = "hush"
SETTINGS = {"webhook_secret": SECRET, "base_url": "https://ours.myshopify.com"}
ORDER = {"id": 5, "email": "ann@example.com", "customer": {"id": 7}}
REDACT = {
    "shop_id": 1,
    "shop_domain": "ours.myshopify.com",
    "customer": {"id": 7, "email": " Ann@Example.com", "phone": "+15550001"},
    "orders_to_redact": [5, 6],
}


def signed(body: Any, topic: str = "orders/create", key: str = "k1", **more: str) -> dict[str, Any]:
    """What a client of starlette or requests posts: content and headers."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": key,
        "x-shopify-triggered-at": datetime.now(UTC).isoformat(),
        "x-shopify-hmac-sha256": base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode(),
    }
    return {"content": raw, "headers": {**headers, **{f"x-shopify-{name}": value for name, value in more.items()}}}


def read(body: Any, topic: str = "orders/create", **settings: str) -> Delivery:
    sent = signed(body, topic)
    return verified(sent["headers"], sent["content"], {**SETTINGS, **settings})


@pytest.fixture
def receiver(home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("SHOPIFY_WEBHOOK_SECRET", SECRET)
    return Receiver({"shopify": source})


class Client:
    """The receiver in this process, without its landing, which begins with the application's lifespan."""

    def __init__(self, receiver: Receiver) -> None:
        self._transport = httpx.ASGITransport(receiver.app())

    def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://receiver") as client:
                return await client.request(method, path, **sent)

        return asyncio.run(ask())

    def post(self, path: str, **sent: Any) -> httpx.Response:
        return self._ask("POST", path, **sent)

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path)


@pytest.fixture
def client(receiver: Receiver) -> Client:
    return Client(receiver)


def test_the_signature_is_that_of_the_raw_body() -> None:
    # computed by `openssl dgst -sha256 -hmac hush -binary | base64`
    body = b'{"id":5,"customer":null}'
    headers = {**signed(body)["headers"], "x-shopify-hmac-sha256": "W/uXIoR0uj4UmDipot8IxHDaZbu5yOS6+t923fFFmmA="}
    assert verified(headers, body, SETTINGS).changed == ("gid://shopify/Order/5",)
    assert verified(headers, body, {**SETTINGS, "webhook_secret": f"new,{SECRET}"}).id == "k1"
    for wrong in (body + b" ", body.replace(b"5", b"6")):
        with pytest.raises(Refused, match="wrong_signature"):
            verified(headers, wrong, SETTINGS)
    for name in ("W/uXIoR0uj4UmDipot8IxHDaZbu5yOS6+t923fFFmmB=", "", "ä"):
        with pytest.raises(Refused, match="wrong_signature"):
            verified({**headers, "x-shopify-hmac-sha256": name}, body, SETTINGS)
    with pytest.raises(Refused, match="wrong_signature"):
        verified({**signed(body)["headers"], "x-shopify-hmac-sha256": ""}, body, {**SETTINGS, "webhook_secret": ","})


@pytest.mark.parametrize(
    ("topic", "body", "kinds"),
    [
        ("orders/updated", ORDER, ("Order/5", "Customer/7")),
        ("refunds/create", {"id": 1, "order_id": 5}, ("Order/5",)),
        ("customers/update", {"id": 7}, ("Customer/7",)),
        ("products/create", {"id": 3, "variants": [{"id": 4}]}, ("Product/3", "ProductVariant/4")),
        ("inventory_levels/update", {"admin_graphql_api_id": "gid://shopify/InventoryLevel/1?inventory_item_id=2"},
         ("InventoryLevel/1?inventory_item_id=2",)),
        ("orders/edited", {"order_edit": {"id": 1, "order_id": 5}}, ("Order/5",)),
        ("returns/close", {"id": 1, "order": {"id": 5}}, ("Order/5",)),
        ("customers_email_marketing_consent/update", {"customer_id": 7}, ("Customer/7",)),
        ("fulfillment_orders/cancelled", {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/2"}},
         ("FulfillmentOrder/2",)),
        ("fulfillment_orders/merged", {"fulfillment_order_merges": []}, ()),
        ("themes/publish", {"id": 1}, ()),
    ],
)  # fmt: skip
def test_a_delivery_names_what_to_read(topic: str, body: Any, kinds: tuple[str, ...]) -> None:
    assert read(body, topic).changed == tuple(f"gid://shopify/{kind}" for kind in kinds)


def test_a_merged_customer_is_gone_and_the_other_has_changed() -> None:
    kept, gone = "gid://shopify/Customer/7", "gid://shopify/Customer/8"
    body = {"admin_graphql_api_id_customer_kept": kept, "admin_graphql_api_id_customer_deleted": gone}
    found = read(body, "customers/merge")
    assert (found.changed, found.gone) == ((kept,), (gone,))


def test_an_id_that_would_spoil_the_question_for_all_is_refused() -> None:
    with pytest.raises(Refused, match="body_does_not_fit_topic"):
        read({"fulfillment_order": {"id": "2"}}, "fulfillment_orders/cancelled")


def test_a_body_cannot_be_given_another_meaning_by_its_headers() -> None:
    """The signature does not cover the topic."""
    for body in (ORDER, {"id": 7}, {**REDACT, "orders_to_redact": None}):
        with pytest.raises(Refused, match="body_does_not_fit_topic"):
            read(body, "customers/redact")
    for topic in ("customers/redact", "shop/redact"):
        with pytest.raises(Refused, match="another_shop"):
            read({**REDACT, "shop_domain": "theirs.myshopify.com"}, topic)
    assert "5" in read(REDACT, "customers/redact").redact["orders"]
    assert not read({"shop_id": 1, "shop_domain": "ours.myshopify.com"}, "shop/redact").redact


def test_wrong_late_large_and_broken_deliveries_are_refused(client: Client, receiver: Receiver) -> None:
    def status(**sent: Any) -> int:
        return client.post("/webhooks/shopify", **sent).status_code

    long_ago = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    assert status(**signed(ORDER, **{"hmac-sha256": "AAAA"})) == 401
    assert status(content=b"{}") == 401
    assert status(**signed(ORDER, **{"triggered-at": long_ago})) == 401
    assert status(**signed(ORDER, **{"triggered-at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()})) == 401
    assert status(**signed(ORDER, **{"triggered-at": "yesterday"})) == 400
    assert status(**signed(ORDER, key="")) == 400
    assert status(**signed(b"not json")) == 400
    assert status(**signed(b"[1]")) == 400
    assert status(**signed({"id": "x"})) == 400
    assert status(**signed(b" " * (MOST_BYTES + 1))) == 413
    assert client.post("/webhooks/nobody", **signed(ORDER)).status_code == 404
    assert Mailbox("shopify").waiting() == {}
    assert receiver.counts["shopify too_old"] == 2


def test_a_replay_is_answered_and_kept_once(client: Client, receiver: Receiver) -> None:
    for _ in range(3):
        assert client.post("/webhooks/shopify", **signed(ORDER)).status_code == 200
    assert client.post("/webhooks/shopify", **signed(ORDER, key="../../k2")).status_code == 200
    assert client.post("/webhooks/shopify", **signed({"id": 1}, "themes/publish", "k3")).status_code == 200
    mailbox = Mailbox("shopify")
    waiting = mailbox.waiting()
    assert len(waiting) == 3
    assert receiver.counts == {"shopify kept": 2, "shopify seen_before": 2, "shopify unknown_topic": 1}
    mailbox.settle(waiting)
    assert client.post("/webhooks/shopify", **signed(ORDER)).status_code == 200
    assert mailbox.waiting() == {}
    assert client.get("/health").json()["waiting"] == {"shopify": 0}


def test_nothing_personal_is_kept_and_nobody_else_can_read_it(
    client: Client, home: selvage.Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/webhooks/shopify", **signed(ORDER))
    client.post("/webhooks/shopify", **signed(REDACT | {"shop_domain": "127.0.0.1"}, "customers/redact", "k2"))
    files = [path for path in (home.work / "deliveries").rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(file.stat().st_mode & 0o077 == 0 and b"xample.com" not in file.read_bytes() for file in files)
    assert "xample.com" not in caplog.text


def test_what_cannot_be_kept_is_not_answered_200(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert client.post("/webhooks/shopify", **signed(ORDER)).status_code == 503
    monkeypatch.undo()
    assert Mailbox("shopify").waiting() == {}


def test_a_delivery_is_on_disk_under_its_name_only_when_it_is_whole(
    home: selvage.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, link = os.fsync, os.link
    monkeypatch.setattr(os, "fsync", lambda number: (steps.append("fsync"), fsync(number)))
    monkeypatch.setattr(os, "link", lambda *paths: (steps.append("link"), link(*paths)))
    assert Mailbox("shopify").keep(read(ORDER))
    assert steps == ["fsync", "link", "fsync"]
    assert list(Mailbox("shopify").waiting().values()) == [
        Delivery(
            **{**vars(read(ORDER)), "triggered_at": next(iter(Mailbox("shopify").waiting().values())).triggered_at}
        )
    ]


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
        port = free_port()
        config = uvicorn.Config(Receiver({"shopify": source}).app(), port=port, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield shop, f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def wait_until_landed(url: str) -> None:
    for _ in range(600):
        if requests.get(f"{url}/health", timeout=30).json()["waiting"]["shopify"] == 0:
            return
        time.sleep(0.1)
    raise AssertionError("deliveries still wait")


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
    wait_until_landed(url)
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
