"""What each platform is told of an order, and what is special to one of them; the contract of all is tests/contracts."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import selvage
from activation import conversions, discovery, ledger
from activation.__main__ import main
from activation.conversion import Event
from activation.destination import Audience, BatchTooLarge, Contact, DestinationError
from activation.google import events as google
from activation.google import uploads
from activation.meta import events as meta
from activation.tiktok import events as tiktok
from sandbox.server import Running, running
from tests.activation.event_world import EventWorld, Order
from tests.activation.world import World

ROOT = Path(__file__).parents[2]
CONTACT = Contact(
    email=" Ana@Example.com", phone="+1 (212) 555-0100", given_name="Ana", family_name="Lima", city="New York",
    region_code="New York", postal_code="10001-1234", country_code="us",
)  # fmt: skip
SOLD = Event(
    event_id="5510", purchase_event_id="5510", customer_id="c_1", kind="purchase", source="website",
    occurred_at=datetime(2026, 6, 1, 12), value=Decimal("12.3400"), currency="USD", contact=CONTACT, click_id="Xy_z",  # noqa: DTZ001
    clicked_at=datetime(2026, 5, 30, 12), page_host="shop.example.com", user_agent="Browser/1",  # noqa: DTZ001
)  # fmt: skip
BACK = Event(**{**SOLD.__dict__, "event_id": "refund-7", "kind": "refund", "source": "store", "store_id": "s-1"})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("vendors"), seed=3, people=200, days=30) as found:
        yield found


@pytest.fixture
def at(tmp_path: Path, server: Running, monkeypatch: pytest.MonkeyPatch) -> EventWorld:
    values = {"SELVAGE_HOME": str(tmp_path), "SELVAGE_ENV": "sandbox", "SELVAGE_BRAND": "demo",
              "SELVAGE_SANDBOX_PORT": str(server.port),
              "GOOGLE_SERVICE_ACCOUNT_FILE": str(server.home / "vendors" / "google" / "service_account.json")}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(uploads, "FIRST_POLL_SECONDS", 0.05)
    return EventWorld(World(tmp_path), server, "meta")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def settings(name: str, **changes: str) -> dict[str, str]:
    fields = {**discovery.find(name).SETTINGS, **discovery.conversions(name).SETTINGS}
    return {key: value or "http://127.0.0.1:9" if value is not None else "1" for key, value in fields.items()} | changes


def test_meta_is_told_by_hashes_and_click() -> None:
    told = orjson.loads(orjson.dumps({**meta.event_of(SOLD), "user_data": meta.user_data(SOLD)}))
    assert told == {
        "event_name": "Purchase", "event_id": "5510", "event_time": 1_780_315_200, "action_source": "website",
        "event_source_url": "https://shop.example.com/",
        "custom_data": {"value": 12.34, "currency": "USD", "order_id": "5510"},
        "user_data": {
            "em": [sha256("ana@example.com")], "ph": [sha256("12125550100")], "fn": [sha256("ana")],
            "ln": [sha256("lima")], "ct": [sha256("newyork")], "st": [sha256("ny")], "zp": [sha256("10001")],
            "country": [sha256("us")], "external_id": [sha256("c_1")], "fbc": "fb.1.1780142400000.Xy_z",
            "client_user_agent": "Browser/1",
        },
    }  # fmt: skip
    back = orjson.loads(orjson.dumps(meta.event_of(BACK)))
    assert (back["event_name"], back["event_id"], back["action_source"]) == ("Refund", "refund-7", "physical_store")
    assert back["custom_data"] == {"value": -12.34, "currency": "USD", "order_id": "5510"}
    assert b"-12.3400" in orjson.dumps(meta.event_of(BACK)), "no digit is lost by way of a float"


def test_limits_of_use_are_said_as_the_settings_say() -> None:
    given = settings("meta", limited_data_use="LDU")
    assert dict(meta.connect(given).limited) == {
        "data_processing_options": ["LDU"], "data_processing_options_country": 0, "data_processing_options_state": 0,
    }  # fmt: skip
    assert dict(meta.connect(settings("meta", limited_data_use="")).limited) == {"data_processing_options": []}
    with pytest.raises(DestinationError, match="META_LIMITED_DATA_USE"):
        meta.connect(settings("meta", limited_data_use="all"))
    told = {use: tiktok.connect(settings("tiktok", limited_data_use=use)).is_limited for use in ("yes", "no")}
    assert told == {"yes": True, "no": False}
    with pytest.raises(DestinationError, match="TIKTOK_LIMITED_DATA_USE"):
        tiktok.connect(settings("tiktok", limited_data_use="maybe"))


def test_tiktok_is_told_by_hashes_and_click() -> None:
    connection = tiktok.connect(settings("tiktok", purchase_event="CompletePayment"))
    told = orjson.loads(orjson.dumps({**tiktok.event_of(connection, SOLD), "user": tiktok.user_of(connection, SOLD)}))
    assert told == {
        "event": "CompletePayment", "event_id": "5510", "event_time": 1_780_315_200, "limited_data_use": False,
        "page": {"url": "https://shop.example.com/"},
        "properties": {"value": 12.34, "currency": "USD", "order_id": "5510"},
        "user": {
            "email": sha256("ana@example.com"), "phone": sha256("+12125550100"), "external_id": sha256("c_1"),
            "ttclid": "Xy_z", "user_agent": "Browser/1",
        },
    }  # fmt: skip
    assert orjson.loads(orjson.dumps(tiktok.event_of(connection, BACK)))["properties"]["value"] == -12.34


def test_google_is_told_by_hashes_address_and_click() -> None:
    stored = Event(**{**SOLD.__dict__, "source": "store", "store_id": "s-1"})
    told = orjson.loads(orjson.dumps(google.event_of(stored, uploads.cells_of(CONTACT))))
    assert told == {
        "transactionId": "5510", "eventTimestamp": "2026-06-01T12:00:00+00:00", "eventSource": "IN_STORE",
        "conversionValue": 12.34, "currency": "USD", "adIdentifiers": {"gclid": "Xy_z"},
        "eventLocation": {"storeId": "s-1"},
        "userData": {"userIdentifiers": [
            {"emailAddress": sha256("ana@example.com")},
            {"phoneNumber": sha256("+12125550100")},
            {"address": {"givenName": sha256("ana"), "familyName": sha256("lima"), "regionCode": "US",
                         "postalCode": "10001-1234"}},
        ]},
    }  # fmt: skip


def test_a_request_over_metas_size_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meta, "LARGEST_BYTES", 900)
    with pytest.raises(BatchTooLarge):
        meta.send(meta.connect(settings("meta", limited_data_use="")), [SOLD, BACK], lambda _job: None)


@pytest.mark.parametrize("count", [1, 4])
def test_events_that_google_refuses_unnamed_are_found_by_halves(
    at: EventWorld, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Older servers count what failed and do not say which: here an event too old by Google's own clock."""
    at.vendor = "google"
    monkeypatch.setattr(google, "MAX_AGE", timedelta(days=200))
    at.purchases(6)
    at.orders[4] = Order(4, "c_0004", days_ago=91)
    at.publish()
    at.server.faults("google", "unnamed_rows", count)
    result = at.run()
    at.server.faults("google", "unnamed_rows", 0)
    assert (result.accepted, result.rejected_reasons) == (5, {"EVENT_TOO_OLD": 1})
    assert at.counted() == at.wanted(0, 1, 2, 3, 5)


def test_a_ledger_from_before_conversions_is_read_on(at: EventWorld) -> None:
    """Files of an older release have no event_id; new ones stand beside them, and folding joins both."""
    root = at.world.settings.ledger
    old = pa.schema([one for one in ledger.SCHEMA if one.name != "event_id"])
    row = dict.fromkeys(old.names, "x") | {"consent_as_of": None, "recorded_at": datetime(2026, 1, 1)}  # noqa: DTZ001
    for path in (root / "_schema" / "empty.parquet", root / "meta" / "20260101-1.parquet"):
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([row] if "meta" in path.parts else [], schema=old), path)
    at.purchases(2)
    at.publish()
    assert at.run().accepted == 2
    ledger.Ledger(root, "meta").tidy(fold_files=1, grace_seconds=0)
    ledger.Ledger(root, "meta").tidy(fold_files=1, grace_seconds=0)
    assert len(list((root / "meta").glob("*.parquet"))) == 1
    assert sorted(str(one["event_id"]) for one in at.rows()) == sorted(["None", at.event_id(0), at.event_id(1)])
    assert conversions.plan("meta").is_empty


def test_kill_9_in_the_middle_of_apply(at: EventWorld) -> None:
    """A real process, a real SIGKILL, after the vendor took a batch; the end is that of a run nobody disturbed."""
    at.purchases(9)
    at.publish()
    code = """
import os, signal
from activation import conversions
from activation.meta import events
events.BATCH_SIZE = 3
send, calls = events.send, []
def dying(connection, batch, remember):
    found = send(connection, batch, remember)
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
events.send = dying
conversions.apply(conversions.plan("meta"))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ), check=False)
    assert done.returncode == -9
    assert (len(at.counted()), len(at.rows())) == (6, 3)
    assert at.run().sent == 6
    assert at.counted() == at.wanted()
    assert conversions.plan("meta").is_empty


def test_plan_apply_and_status_on_the_command_line(at: EventWorld, capsys: pytest.CaptureFixture[str]) -> None:
    at.purchases(3)
    at.orders += [Order(7, "c_0001", days_ago=30), Order(8, "c_0002", days_ago=3)]
    at.publish()
    assert main(["plan", "conversions"]) == 0
    shown = capsys.readouterr().out
    assert "conversions -> meta" in shown
    assert "left out, expired: older than 7 days: 1" in shown
    assert "count twice" in shown
    assert "example.com" not in shown
    assert at.counted() == {}
    assert main(["apply", "conversions", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["destination"], result["accepted"], result["expired"]) == ("meta", 4, 1)
    assert main(["status", "conversions", "--json"]) == 0
    (status,) = json.loads(capsys.readouterr().out)
    assert (status["audience"], status["members"]) == ("conversions", 4)
    at.publish()
    assert main(["apply", "conversions"]) == 1  # stale
    assert main(["plan", "conversions", "--destination", "klaviyo"]) == 0


def test_conversions_go_only_where_they_are_taken(at: EventWorld) -> None:
    at.publish()
    with pytest.raises(LookupError, match="takes no conversions"):
        conversions.plan("klaviyo")
    with pytest.raises(LookupError, match="do not go to tiktok"):
        conversions.plan("tiktok")
    with duckdb.connect(str(at.world.settings.activation_file)) as connection:
        connection.execute("drop table conversion_routes")  # a copy of an older release
    assert conversions.destinations() == []
    with pytest.raises(ValueError, match="no audience may be called conversions"):
        Audience("conversions", "", "advertising", "ads", "meta")


def test_missing_settings_are_named_before_anything_is_sent(at: EventWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    at.publish()
    monkeypatch.setitem(meta.SETTINGS, "other_id", selvage.REQUIRED)
    with pytest.raises(selvage.MissingSettings, match="META_OTHER_ID"):
        conversions.plan("meta")
