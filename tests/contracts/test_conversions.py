"""Every destination that takes conversions keeps the contract, against its vendor's sandbox; a new one is tested by
being there (and by saying in tests/activation/event_world.py how its sandbox is asked what it counts)."""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activation import conversions, discovery
from activation.client import Client
from activation.conversion import CLICK_IDS, KINDS, SOURCES
from activation.destination import CONTACT_POINTS, IDENTIFYING, DestinationError
from activation.google import uploads
from activation.identifiers import EMPTY_HASHES
from activation.plans import StalePlan
from activation.sending import Sender
from sandbox.server import Running, running
from tests.activation.event_world import PIXELS, PROBES, EventWorld, Order
from tests.activation.world import World

NAMES = [name for name, module in discovery.destinations().items() if hasattr(module, "conversions")]
FUNCTIONS = {
    "connect": ["settings"],
    "send": ["connection", "events", "remember"],
    "resume": ["connection", "job_id", "event_ids"],
}


class Died(BaseException):
    """Where a real process would have been killed."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("vendors"), seed=3, people=200, days=30) as found:
        yield found


@pytest.fixture(params=NAMES)
def shop(
    request: pytest.FixtureRequest, tmp_path: Path, server: Running, monkeypatch: pytest.MonkeyPatch
) -> EventWorld:
    values = {"SELVAGE_HOME": str(tmp_path), "SELVAGE_ENV": "sandbox", "SELVAGE_BRAND": "demo",
              "SELVAGE_SANDBOX_PORT": str(server.port),
              "GOOGLE_SERVICE_ACCOUNT_FILE": str(server.home / "vendors" / "google" / "service_account.json")}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(uploads, "FIRST_POLL_SECONDS", 0.05)
    shop = EventWorld(World(tmp_path), server, str(request.param))
    send = Client._send

    def noted(self: Client, method: str, url: str, what: str, params: Any, body: bytes | None) -> Any:
        shop.sent.append((f"{url} {params}", body or b""))
        return send(self, method, url, what, params, body)

    monkeypatch.setattr(Client, "_send", noted)
    monkeypatch.setattr(Client, "_stay_away", lambda _self, _seconds: None)  # the sandbox's hours are short
    return shop


def test_there_are_takers() -> None:
    assert "meta" in NAMES
    assert set(NAMES) == set(PROBES) == set(PIXELS)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_what_the_engine_needs(name: str) -> None:
    takes = discovery.conversions(name)
    assert takes.BATCH_SIZE > 0
    assert timedelta(days=1) <= takes.MAX_AGE
    assert takes.KNOWN_FOR is None or timedelta(0) < takes.KNOWN_FOR
    assert takes.KINDS
    assert set(takes.KINDS) <= set(KINDS)
    assert set(takes.SOURCES) <= set(SOURCES)
    assert set(takes.SOURCES.values()) <= set(takes.SETTINGS)
    assert set(takes.IDENTIFIERS) <= {*IDENTIFYING, *CLICK_IDS}
    assert set(takes.CONTACT_FIELDS) <= set(CONTACT_POINTS) - set(takes.IDENTIFIERS)
    assert not set(takes.SETTINGS) & set(discovery.find(name).SETTINGS)
    assert all(key.islower() for key in takes.SETTINGS)
    for function, parameters in FUNCTIONS.items():
        assert list(inspect.signature(getattr(takes, function)).parameters) == parameters


def test_orders_and_refunds_are_told_once(shop: EventWorld) -> None:
    shop.purchases(40)
    shop.orders += [Order(n, f"c_{n:04d}", "99.9900", source="store", is_clicked=True) for n in range(100, 120)]
    shop.orders += [Order(n, f"c_{n:04d}", "5.0100", days_ago=0.1, of=n) for n in range(10)]
    shop.people(120)
    shop.publish()
    first = shop.run()
    assert (first.purchases, first.rejected) == (60, 0)
    assert shop.counted() == shop.wanted()
    rows = shop.rows()
    assert len(rows) == first.sent == first.accepted
    assert {row["consent_evidence_id"] for row in rows} == {f"consent-{row['customer_id']}" for row in rows}
    assert all(row["consent_policy_version"] and row["consent_as_of"] and row["request_id"] for row in rows)
    assert {row["event_id"] for row in rows} == set(shop.wanted())
    assert {row["status"] for row in rows} <= {"acknowledged", "accepted_unverified"}
    calls = len(shop.sent)
    shop.publish()
    again = shop.run()
    assert (again.sent, again.told) == (0, len(rows))
    assert len(shop.sent) == calls, "an unchanged state sends 0 calls"
    shop.orders += [Order(n, f"c_{n:04d}", "1.0000", days_ago=0.05, of=n) for n in range(20, 23)]
    shop.orders.append(Order(200, "c_0001", "7.0000"))
    shop.publish()
    refunds = 3 if "refund" in discovery.conversions(shop.vendor).KINDS else 0
    assert (shop.run().sent, shop.counted()) == (1 + refunds, shop.wanted())


def test_a_resend_changes_nothing(shop: EventWorld) -> None:
    """The ledger is lost, as after a restored backup: everything is sent again, and counts once."""
    shop.purchases(8)
    shop.publish()
    shop.run()
    before = shop.counted()
    shutil.rmtree(shop.world.settings.ledger)
    again = shop.run()
    assert (again.sent, again.accepted) == (8, 8)
    assert shop.counted() == before == shop.wanted()
    assert conversions.plan(shop.vendor).is_empty


def test_the_pixel_and_we_are_one_event(shop: EventWorld) -> None:
    """What the shop's pixel has told, by the vendor's own client where there is one, counts once, as the pixel's."""
    shop.purchases(3)
    PIXELS[shop.vendor](shop, replace(shop.orders[1], value="99.0000"), "c_0001@example.com")
    told = shop.counted()
    assert list(told) == [shop.event_id(1)]
    shop.publish()
    assert shop.run().accepted == 3
    assert shop.counted() == {**shop.wanted(), **told}
    assert conversions.plan(shop.vendor).is_empty


def test_who_is_not_told_and_why(shop: EventWorld) -> None:
    takes = discovery.conversions(shop.vendor)
    shop.purchases(4)
    shop.elsewhere = ("c_0002",)
    shop.world.suppressed = {"c_0001": "erased"}
    age = takes.MAX_AGE.days
    shop.orders += [
        Order(10, "c_0003", days_ago=age + 0.01),
        Order(11, "c_0003", days_ago=age - 0.5),
        Order(12, "c_9999"),  # nobody whom we know how to reach
        Order(13, "c_0003", "1.0000", days_ago=0.1, of=10),  # its purchase is never told
    ]
    shop.publish()
    made = conversions.plan(shop.vendor)
    assert made.counts["expired"] == made.left_out[f"expired: older than {age} days"] == 1
    assert made.counts["suppressed"] == made.left_out["suppressed: erased"] == 1
    assert made.left_out["nothing by which the platform knows the customer"] == 1
    refused = "the purchase was not told" if "refund" in takes.KINDS else "the platform takes no refunds"
    assert made.left_out[refused] == 1
    assert made.counts["late"] == int(takes.KNOWN_FOR is not None and age - 0.5 > takes.KNOWN_FOR.days)
    assert bool(made.warnings()) == bool(made.counts["late"])
    result = conversions.apply(made)
    assert (result.sent, result.expired, result.suppressed) == (3, 1, 1)
    assert shop.counted() == shop.wanted(0, 3, 11)
    assert {row["customer_id"] for row in shop.rows()} == {"c_0000", "c_0003"}


def test_a_source_without_a_place_is_left_out(shop: EventWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    takes = discovery.conversions(shop.vendor)
    setting = takes.SOURCES["store"]
    if takes.SETTINGS[setting] is None:
        pytest.skip("all its events go to one place, which must be set")
    monkeypatch.setenv(f"{shop.vendor}_{setting}".upper(), "")
    shop.purchases(2)
    shop.orders.append(Order(7, "c_0001", source="store"))
    shop.publish()
    made = conversions.plan(shop.vendor)
    assert made.left_out == {"no setting says where events of the store go": 1}


def test_one_bad_event_is_rejected_alone_and_comes_back(shop: EventWorld) -> None:
    shop.purchases(9)
    shop.orders[7] = Order(7, "c_0007", currency="dollars")
    shop.orders.append(Order(50, "c_0007", "2.0000", days_ago=0.1, of=7))
    shop.publish()
    first = shop.run()
    assert (first.sent, first.accepted, first.rejected) == (9, 8, 1)  # and no refund of what was never taken
    assert list(first.rejected_reasons.values()) == [1]
    (bad,) = [row for row in shop.rows() if row["status"] == "rejected"]
    assert bad["event_id"] == shop.event_id(7)
    assert bad["reason"]
    assert bad["request_id"]
    for _ in range(4):
        shop.publish()
        assert shop.run().rejected == 1
    shop.publish()
    given_up = conversions.plan(shop.vendor)
    assert given_up.is_empty
    assert given_up.left_out["expired: rejected 5 times"] == 1
    shop.orders[7] = Order(7, "c_0007")  # mended at its source
    shop.publish()
    assert shop.run().rejected == 0
    assert shop.counted() == shop.wanted()


def test_batches_keep_the_cap(shop: EventWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    takes = discovery.conversions(shop.vendor)
    monkeypatch.setattr(takes, "BATCH_SIZE", 7)
    sizes = []
    send = takes.send

    def sized(connection: Any, events: Any, remember: Any) -> Any:
        sizes.append(len(events))
        assert len({(event.kind, event.source) for event in events}) == 1
        return send(connection, events, remember)

    monkeypatch.setattr(takes, "send", sized)
    shop.purchases(20)
    shop.orders += [Order(n, f"c_{n:04d}", source="store") for n in range(30, 35)]
    shop.people(40)
    shop.publish()
    assert shop.run().batches == 4
    assert sizes == [7, 7, 6, 5]
    assert shop.counted() == shop.wanted()


@pytest.mark.parametrize("fault", ["throttle", "transient", "error_500", "hangup"])
def test_faults_lose_and_double_nothing(shop: EventWorld, fault: str) -> None:
    shop.purchases(5)
    shop.publish()
    shop.server.faults(shop.vendor, fault, 2)
    try:
        shop.run()
    except DestinationError:
        shop.run()
    shop.server.faults(shop.vendor, fault, 0)
    assert shop.counted() == shop.wanted()
    assert conversions.plan(shop.vendor).is_empty


@pytest.mark.parametrize("at", [1, 3, 5, 8])
def test_dying_at_any_write(shop: EventWorld, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Between a file's last byte and its rename, for every file a run writes."""
    monkeypatch.setattr(discovery.conversions(shop.vendor), "BATCH_SIZE", 3)
    shop.purchases(6)
    shop.orders += [Order(n, f"c_{n:04d}", "1.0000", days_ago=0.1, of=n) for n in range(2)]
    shop.publish()
    real, count = os.replace, 0

    def dying(source: str, target: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise Died
        real(source, target)

    monkeypatch.setattr("activation.ledger.os.replace", dying)
    with contextlib.suppress(Died):
        shop.run()
    monkeypatch.setattr("activation.ledger.os.replace", real)
    finish(shop)


@pytest.mark.parametrize("point", ["before", "after"])
def test_dying_around_a_call(shop: EventWorld, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    takes = discovery.conversions(shop.vendor)
    send = takes.send

    def dying(connection: Any, events: Any, remember: Any) -> Any:
        if point == "after":
            send(connection, events, remember)
        raise Died

    shop.purchases(6)
    shop.publish()
    with monkeypatch.context() as patch:
        patch.setattr(takes, "send", dying)
        with pytest.raises(Died):
            shop.run()
    assert shop.rows() == []
    finish(shop)


def test_what_was_cut_off_too_long_ago_is_not_told_twice(shop: EventWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    takes = discovery.conversions(shop.vendor)
    if takes.KNOWN_FOR is None:
        pytest.skip("it knows an event again for good")
    shop.purchases(6)
    shop.publish()
    with monkeypatch.context() as patch:
        patch.setattr(Sender, "record", _die)
        with pytest.raises(Died):
            shop.run()
    assert shop.counted() == shop.wanted()
    monkeypatch.setattr(takes, "KNOWN_FOR", timedelta(microseconds=1))
    calls = len(shop.sent)
    assert shop.run().sent == 0
    assert len(shop.sent) == calls
    assert {(row["status"], row["reason"]) for row in shop.rows()} == {("accepted_unverified", conversions.FORGOTTEN)}


def test_a_job_left_behind_is_asked_for_not_sent_again(shop: EventWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run dies when the vendor has taken the batch and before anyone wrote the answer down."""
    shop.purchases(6)
    shop.orders[2] = Order(2, "c_0002", currency="dollars")
    shop.publish()
    with monkeypatch.context() as patch:
        patch.setattr(Sender, "record", _die)
        with pytest.raises(Died):
            shop.run()
    has_job = bool(list((shop.world.settings.work / "pending" / shop.vendor).glob("*.job")))
    assert has_job == (discovery.conversions(shop.vendor).resume.__doc__ or "").startswith("The outcome of")
    shop.sent.clear()
    made = conversions.plan(shop.vendor)
    asked_for = {row["event_id"]: row["status"] for row in shop.rows()}
    assert len(asked_for) == (6 if has_job else 0)
    assert made.events.num_rows == (1 if has_job else 6)  # the bad one comes back
    shop.orders[2] = Order(2, "c_0002")
    shop.publish()
    shop.run()
    assert shop.counted() == shop.wanted()


def test_a_stale_plan_is_refused(shop: EventWorld) -> None:
    shop.purchases(2)
    shop.publish()
    made = conversions.plan(shop.vendor)
    shop.publish()
    with pytest.raises(StalePlan):
        conversions.apply(made)
    one, other = conversions.plan(shop.vendor), conversions.plan(shop.vendor)
    conversions.apply(one)
    with pytest.raises(StalePlan):
        conversions.apply(other)
    assert shop.counted() == shop.wanted()


def test_nobody_leaves_in_clear_text(shop: EventWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shop.purchases(10, is_clicked=True)
    shop.orders.append(Order(50, "c_0001", currency="dollars"))
    shop.publish()
    shop.run()
    left = "\n".join(f"{address} {body.decode()}" for address, body in shop.sent)
    told = caplog.text + "".join(path.read_text() for path in shop.world.settings.work.rglob("*.json"))
    for email, phone in shop.world.contacts.values():
        for text in (email, phone):
            assert text
            assert text.removeprefix("+") not in left
            assert text not in told
    assert not [digest for digest in EMPTY_HASHES if digest in left]
    assert not [row for row in shop.rows() if "example.com" in str(row)]


def test_days_of_orders_refunds_withdrawals_faults_and_deaths(
    shop: EventWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end the platform counts what agreed customers bought and gave back, each once."""
    chance = random.Random(shop.vendor)
    names = shop.people(30)
    withdrawn: dict[str, str] = {}
    told: set[int] = set()
    for day in range(5):
        for _ in range(chance.randrange(12)):
            number = 100 + len(shop.orders)
            bought = [one for one in shop.orders if one.of is None]
            if bought and chance.random() < 0.3:
                of = chance.choice(bought)
                shop.orders.append(Order(number, of.customer, "1.2500", days_ago=0.1, of=of.number))
            else:
                value, source = f"{chance.randrange(10_000)}.{chance.randrange(100):02d}00", chance.choice(SOURCES[::2])
                shop.orders.append(Order(number, chance.choice(names), value, source=source))
        if chance.random() < 0.5:
            withdrawn[chance.choice(names)] = "withdrawn"
        shop.world.suppressed = dict(withdrawn)
        shop.publish()
        if chance.random() < 0.4:
            shop.server.faults(shop.vendor, chance.choice(["throttle", "error_500", "hangup"]))
        takes, calls, dies_at = discovery.conversions(shop.vendor), 0, chance.randrange(1, 6)
        send = takes.send

        def dying(connection: Any, events: Any, remember: Any) -> Any:
            nonlocal calls
            calls += 1
            found = send(connection, events, remember)  # noqa: B023
            if calls == dies_at:  # noqa: B023
                raise Died
            return found

        with monkeypatch.context() as patch, contextlib.suppress(Died):
            patch.setattr(takes, "send", dying)
            patch.setattr(takes, "BATCH_SIZE", 5)
            shop.run()
        shop.run()
        told |= {one.number for one in shop.orders if one.customer not in withdrawn}
        assert conversions.plan(shop.vendor).is_empty, day
    wanted = shop.wanted(*told) if told else {}
    sold = {shop.name(one) for one in shop.orders if one.of is None}
    for one in shop.orders:  # a refund counts only where its purchase does
        if one.of is not None and (shop.event_id(one.of) not in wanted or shop.event_id(one.of) not in sold):
            wanted.pop(shop.name(one), None)
    assert shop.counted() == wanted
    keys = [(row["batch_id"], row["event_id"]) for row in shop.rows()]
    assert len(keys) == len(set(keys))


def finish(shop: EventWorld) -> None:
    """The next run; then all is as an undisturbed run would have left it, and nothing is left to do or under way."""
    shop.run()
    assert shop.counted() == shop.wanted()
    assert conversions.plan(shop.vendor).is_empty
    pending = shop.world.settings.work / "pending" / shop.vendor
    assert not pending.exists() or list(pending.iterdir()) == []
    assert not list(shop.world.settings.ledger.rglob("*.partial"))
    keys = [(row["batch_id"], row["event_id"]) for row in shop.rows()]
    assert len(keys) == len(set(keys)) == len(shop.wanted())


def _die(*_arguments: Any) -> None:
    raise Died
