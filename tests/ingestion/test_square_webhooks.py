"""Square's webhooks: what Square signed for our address is taken once, and landed as the API tells it; nothing else is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import orjson
import pytest
import requests
from square.utils.webhooks_helper import verify_signature

import selvage
from ingestion import delivered
from ingestion.deliveries import Delivery, Mailbox, Refused
from ingestion.pipeline import SourceFailed
from ingestion.position import Position
from ingestion.receiver import Receiver
from ingestion.sources import square as source
from ingestion.square import api, named
from ingestion.square.webhooks import HEADER, NEWS_OF_CATALOG, signature, verified
from sandbox.server import Running, free_port, running
from tests.ingestion.conftest import Client, land, listening, wait_until_landed
from tests.sandbox.conftest import shown

KEY, URL = "hush", "https://shop.example.com/webhooks/square"
SETTINGS = {"webhook_signature_key": KEY, "webhook_url": URL}
CUSTOMER = {
    "type": "customer",
    "id": "CUST1",
    "object": {"customer": {"id": "CUST1", "email_address": "a@example.com"}},
}
Rows = Callable[[str], list[tuple[Any, ...]]]


def event(kind: str = "customer.updated", data: Any = CUSTOMER, key: str = "e1", **more: Any) -> bytes:
    said = {"merchant_id": "M1", "type": kind, "event_id": key, "created_at": datetime.now(UTC).isoformat()}
    return orjson.dumps({**said, "data": data, **more})


def signed(body: bytes, url: str = URL) -> dict[str, Any]:
    """What a client posts: content and headers."""
    return {"content": body, "headers": {HEADER: signature(KEY, url, body).decode()}}


def read(kind: str, data: Any) -> Delivery:
    sent = signed(event(kind, data))
    return verified(sent["headers"], sent["content"], SETTINGS)


def test_the_signature_is_square_s_own() -> None:
    body = event()
    headers = signed(body)["headers"]
    asked = {"request_body": body.decode(), "signature_header": headers[HEADER]}
    assert verify_signature(**asked, signature_key=KEY, notification_url=URL)
    assert verified(headers, body, SETTINGS).changed == ("customers/CUST1",)
    assert verified(headers, body, {**SETTINGS, "webhook_signature_key": f"new, {KEY}"}).id == "e1"
    for wrong in ({"webhook_url": f"{URL}/"}, {"webhook_signature_key": "other"}, {"webhook_signature_key": ","}):
        with pytest.raises(Refused, match="wrong_signature"):
            verified(headers, body, {**SETTINGS, **wrong})
    for given in ({}, {HEADER: ""}, {HEADER: "ä"}, {HEADER: headers[HEADER][:-2] + "A="}):
        with pytest.raises(Refused, match="wrong_signature"):
            verified(given, body, SETTINGS)
    with pytest.raises(Refused, match="wrong_signature"):
        verified(headers, body.replace(b"CUST1", b"CUST2"), SETTINGS)


@pytest.mark.parametrize(
    ("kind", "data", "changed"),
    [
        ("order.created", {"id": "O1", "object": {"order_created": {"order_id": "O1"}}}, ("orders/O1",)),
        ("order.fulfillment.updated", {"id": "O1"}, ("orders/O1",)),
        ("payment.updated", {"id": "P1", "object": {"payment": {"order_id": "O1"}}}, ("payments/P1", "orders/O1")),
        ("refund.created", {"id": "R_1", "object": {"refund": {"order_id": "O2", "payment_id": "P1"}}},
         ("refunds/R_1", "orders/O2", "payments/P1")),
        ("refund.updated", {"id": "R_1", "object": {"refund": {"unlinked": True}}}, ("refunds/R_1",)),
        ("customer.created", CUSTOMER, ("customers/CUST1",)),
        ("inventory.count.updated", {"object": {"inventory_counts": [{"catalog_object_id": "V1"}] * 2}}, ("counts/V1",)),
        ("catalog.version.updated", {"object": {}}, (NEWS_OF_CATALOG,)),
        ("inventory.count.updated", {"id": "V1:S1"}, ()),
        ("loyalty.account.updated", {"id": "L-1"}, ("loyalty/L-1",)),
        ("location.updated", {"id": "S1"}, ("locations/S1",)),
        ("loyalty.event.created", {"id": "LE1"}, ()),
        ("gift_card.activity.created", {"id": "G1"}, ()),
        ("customer.custom_attribute.deleted", {"id": "no id of a customer"}, ()),
        ("labor.shift.created", None, ()),
    ],
)  # fmt: skip
def test_a_delivery_names_what_to_read(kind: str, data: Any, changed: tuple[str, ...]) -> None:
    assert (read(kind, data).changed, read(kind, data).gone) == (changed, ())


def test_what_is_deleted_is_named_as_gone() -> None:
    assert read("customer.deleted", CUSTOMER).gone == ("customers/CUST1",)
    assert read("loyalty.account.deleted", {"id": "L1"}).gone == ("loyalty/L1",)


@pytest.fixture
def receiver(home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("SQUARE_WEBHOOK_SIGNATURE_KEY", KEY)
    monkeypatch.setenv("SQUARE_WEBHOOK_URL", URL)
    return Receiver({"square": source})


def test_wrong_late_and_broken_deliveries_are_refused_and_the_last_retry_is_not(receiver: Receiver) -> None:
    client = Client(receiver)

    def status(body: bytes, url: str = URL) -> int:
        return client.post("/webhooks/square", **signed(body, url)).status_code

    def ago(**span: float) -> str:
        return (datetime.now(UTC) - timedelta(**span)).isoformat()

    assert client.post("/webhooks/square", content=event()).status_code == 401
    assert status(event(), "https://shop.example.com/webhooks/other") == 401
    assert [status(event(created_at=ago(**span))) for span in ({"days": 4}, {"hours": -1})] == [401, 401]
    for fault in ({"event_id": ""}, {"event_id": 5}, {"event_id": "e" * 300}, {"created_at": "soon"}, {"type": None}):
        assert status(event(**fault)) == 400, fault
    for body in (b"not json", b"[1]", event(data=None), event(data={"id": 5}), event(data={"id": "../v2/payouts"})):
        assert status(body) == 400, body
    assert status(event("payment.updated", {"id": "P1"})) == 400
    assert Mailbox("square").waiting() == {}
    assert status(event(created_at=ago(hours=73))) == 200
    assert receiver.counts["square too_old"] == 2
    assert receiver.counts["square kept"] == 1


def test_a_replay_is_kept_once_and_nothing_personal_is(
    receiver: Receiver, home: selvage.Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(receiver)
    for body in (event(), event(), event("customer.deleted", key="e2"), event("gift_card.created", key="e3")):
        assert client.post("/webhooks/square", **signed(body)).status_code == 200
    assert receiver.counts == {"square kept": 2, "square seen_before": 1, "square unknown_topic": 1}
    files = [path for path in (home.work / "deliveries").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert not any(b"example.com" in file.read_bytes() for file in files)
    assert "example.com" not in caplog.text


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("stores"), people=600, days=30) as server:
        yield server


@pytest.fixture
def till(stores: Running, home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(stores.port))
    return stores


def content(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the raw tables, the load's id left out."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() "
            "where schema_name = 'raw_square' and not starts_with(table_name, '_dlt')"
        ).fetchall()
        rows = "select columns(c -> c <> '_dlt_load_id') from raw_square.{} order by all"
        return {table: connection.execute(rows.format(table)).fetchall() for (table,) in tables}


def keep(*, changed: tuple[str, ...] = (), gone: tuple[str, ...] = ()) -> None:
    Mailbox("square").keep(Delivery(f"{changed}{gone}", "", datetime.now(UTC), changed, gone))


def test_what_is_told_is_landed_and_the_next_reading_changes_nothing_of_it(
    till: Running, home: selvage.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told twice, in an order of chance. What nothing tells of, the ledger of stock and open tickets of a till, comes then,
    and in the end all is as if nothing had been told."""
    land("square")
    before = content(home.warehouse)
    shutil.copytree(home.home, tmp_path / "untold" / "sandbox" / "demo")
    since, port = till.now, free_port()
    till.advance(days=3)
    monkeypatch.setenv("SQUARE_WEBHOOK_URL", f"http://127.0.0.1:{port}/webhooks/square")
    monkeypatch.setattr("ingestion.receiver.GATHER_SECONDS", 0.05)
    with listening(Receiver({"square": source}), port) as url:
        asked = {"url": f"{url}/webhooks/square", "since": since.isoformat(), "copies": 2, "seed": 7}
        sent = requests.post(f"{till.url}/square/_sandbox/webhooks", json=asked, timeout=120).json()
        assert set(sent) == {"200"}
        wait_until_landed(url, "square")
        counts = requests.get(f"{url}/health", timeout=30).json()["counts"]
    assert counts["square kept"] == counts["square seen_before"] == sent["200"] / 2
    told = content(home.warehouse)
    grown = {table for table, found in told.items() if found != before[table]}
    assert {"orders", "order_lines", "payments", "customers", "inventory_counts"} <= grown
    assert land("square").keys() - {"orders", "order_lines"} == {"inventory_changes"}
    after = content(home.warehouse)
    assert all(set(found) <= set(after[table]) for table, found in told.items())
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path / "untold"))
    land("square")
    assert content(selvage.settings().warehouse) == after


def test_a_sale_at_a_till_is_landed_by_its_payment(till: Running, home: selvage.Settings, rows: Rows) -> None:
    """The lists that deliveries name nothing of are not read, and what is told first is not landed again."""
    (sale,) = shown(till, "select order_id || ' ' || payment_id from square_payments order by updated_at limit 1")
    order, payment = sale.split()
    data = {"id": payment, "object": {"payment": {"order_id": order}}}
    body = event("payment.created", data)
    Mailbox("square").keep(verified(signed(body)["headers"], body, SETTINGS))
    landed = delivered.land("square").rows
    assert (landed["orders"], landed["payments"], landed.keys() & {"customers", "catalog_items"}) == (1, 1, set())
    assert rows("select id from raw_square.orders") == [(order,)]
    assert rows("select id, order_id from raw_square.payments") == [(payment, order)]
    first = rows("select _dlt_load_id from raw_square.orders")
    land("square")
    assert rows(f"select _dlt_load_id from raw_square.orders where id = '{order}'") == first


def test_of_catalogue_and_locations_everything_new_is_read(till: Running, home: selvage.Settings) -> None:
    (account,) = shown(till, "select min(account_id) from square_loyalty_accounts where created_at < '2026-01-01'")
    keep(changed=(NEWS_OF_CATALOG, "locations/S1", f"loyalty/{account}", "loyalty/none", "refunds/none", "orders/none"))
    landed = delivered.land("square").rows
    assert (landed["locations"], landed["loyalty_accounts"], landed["catalog_items"] > 9) == (2, 1, True)
    assert land("square").keys() & {"locations", "catalog_items", "catalog_variations"} == set()


def test_only_what_square_does_not_know_any_more_is_deleted(till: Running, home: selvage.Settings, rows: Rows) -> None:
    """A profile that was merged away is answered by the one that took its place, and stays: its orders bear its id."""
    past = f"is_deleted and updated_at <= '{till.now.replace(tzinfo=None)}'"
    merged, into = shown(till, f"select unnest([customer_id, merged_into]) from square_customers where {past}")[:2]
    keep(gone=(f"customers/{merged}", "customers/GONE"))
    delivered.land("square")
    assert rows("select id from raw_square.customers") == [(into,)]
    land("square")
    ((living,),) = rows("select min(id) from raw_square.customers")
    with duckdb.connect(str(home.warehouse)) as connection:
        for table, keys in (("customers", ("GONE", merged)), ("loyalty_accounts", ("LOST",))):
            for key in keys:
                one = f"(from raw_square.{table} limit 1)"
                connection.execute(f"insert into raw_square.{table} select * replace ('{key}' as id) from {one}")
    before = {key for (key,) in rows("select id from raw_square.customers")}
    keep(gone=(f"customers/{living}", f"customers/{merged}", "customers/GONE", "loyalty/LOST"))
    delivered.land("square")
    assert Mailbox("square").waiting() == {}
    assert {key for (key,) in rows("select id from raw_square.customers")} == before - {"GONE"}
    assert rows("select count(*) from raw_square.loyalty_accounts where id = 'LOST'") == [(0,)]


def test_an_answer_that_is_no_answer_deletes_nothing(till: Running, home: selvage.Settings, rows: Rows) -> None:
    """A token that may not read customers does not make them unknown."""
    keep(gone=("customers/GONE",))
    with pytest.MonkeyPatch.context() as wrong:
        wrong.setenv("SQUARE_ACCESS_TOKEN", "wrong")
        with pytest.raises(SourceFailed):
            delivered.land("square")
    assert len(Mailbox("square").waiting()) == 1
    answers = {"customers/bulk-retrieve": {"responses": {"C1": {"errors": [{"code": "INTERNAL_SERVER_ERROR"}]}}}}
    client: Any = SimpleNamespace(paginate=lambda path, *_, **__: [[answers[path]]])
    with pytest.raises(api.Refused, match="INTERNAL_SERVER_ERROR"):
        list(named._objects(client, "customers", ["C1"]))


def test_a_list_that_shows_changes_late_does_not_bring_an_older_version_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Square's search of customers is up to a minute behind."""
    state: dict[str, Any] = {"positions": {"customers": {"read_to": "2026-06-01T10:00:00", "seen": {}}}}
    monkeypatch.setattr("dlt.current.source_state", lambda: state)
    now = datetime(2026, 6, 1, 12, tzinfo=UTC).replace(tzinfo=None)
    old, told = "2026-06-01T11:58:00Z", "2026-06-01T11:59:50Z"
    assert Position("customers", timedelta(minutes=10), now).is_told("C1", told)
    assert not Position("customers", timedelta(minutes=10), now).is_told("C1", old)
    search = Position("customers", timedelta(minutes=10), now, is_open=False)
    assert not search.is_new("C1", old)
    assert not search.is_new("C1", told)
    search.complete()
    later = Position("customers", timedelta(minutes=10), now + timedelta(minutes=1))
    assert not later.is_new("C1", told)
    assert later.is_new("C1", "2026-06-01T12:00:30Z")
