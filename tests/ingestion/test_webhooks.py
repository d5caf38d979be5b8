"""Webhooks: only what the vendor signed is kept, once, whole, and without anything personal."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import selvage
from ingestion import deliveries
from ingestion.deliveries import Delivery, Mailbox, Refused
from ingestion.receiver import MOST_BYTES, Receiver
from ingestion.shopify.webhooks import verified
from ingestion.sources import shopify as source
from tests.ingestion.conftest import Client
from tests.ingestion.shopify_webhooks import ORDER, REDACT, SECRET, SETTINGS, read, signed


@pytest.fixture
def receiver(home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("SHOPIFY_WEBHOOK_SECRET", SECRET)
    return Receiver({"shopify": source})


@pytest.fixture
def client(receiver: Receiver) -> Client:
    return Client(receiver)


def test_the_signature_is_that_of_the_raw_body() -> None:
    # computed by `openssl dgst -sha256 -hmac hush -binary | base64`
    body = b'{"id":5,"customer":null}'
    headers = {**signed(body)["headers"], "x-shopify-hmac-sha256": "W/uXIoR0uj4UmDipot8IxHDaZbu5yOS6+t923fFFmmA="}
    assert verified(headers, body, SETTINGS).changed == ("gid://shopify/Order/5",)
    assert verified(headers, body, {**SETTINGS, "webhook_secret": f"new,{SECRET}"}).id == "k1"
    told = {**headers, "x-shopify-triggered-at": "2026-03-29T18:00:27.877041743Z"}
    assert verified(told, body, SETTINGS).triggered_at == datetime(2026, 3, 29, 18, 0, 27, 877041, UTC)
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

    long_ago = (datetime.now(UTC) - timedelta(days=4)).isoformat()
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


def test_a_delivery_that_comes_several_times_at_once_is_kept_once(home: selvage.Settings) -> None:
    mailbox, delivery = Mailbox("shopify"), read(ORDER)
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(lambda _: mailbox.keep(delivery), range(16)))
    assert kept.count(True) == 1
    assert len(mailbox.waiting()) == 1


def test_what_is_settled_while_others_are_counted_is_no_error(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lands is another process than who answers for the receiver's health."""
    mailbox = Mailbox("shopify")
    for key in ("k1", "k2", "k3"):
        assert client.post("/webhooks/shopify", **signed(ORDER, key=key)).status_code == 200
    waiting, loads = mailbox.waiting(), deliveries.orjson.loads

    def settled(content: bytes) -> Any:
        if all(file.exists() for file in waiting):
            mailbox.settle(waiting)
        return loads(content)

    monkeypatch.setattr(deliveries, "orjson", SimpleNamespace(loads=settled))
    assert client.get("/health").json()["waiting"] == {"shopify": 1}
    assert client.get("/health").json()["waiting"] == {"shopify": 0}


def test_only_what_can_come_again_is_remembered(home: selvage.Settings) -> None:
    mailbox = Mailbox("shopify")
    mailbox.keep(read(ORDER))
    mailbox.settle(mailbox.waiting())
    (done,) = (home.work / "deliveries" / "shopify" / "done").iterdir()
    assert not mailbox.keep(read(ORDER))
    os.utime(done, times=(0, 0))
    mailbox.settle({})
    assert not done.exists()
