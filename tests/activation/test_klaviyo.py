"""The Klaviyo destination against the sandbox's server: what its list holds is what we want, faults or not."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from activation import sync
from activation.client import Client
from activation.destination import BatchTooLarge, Contact, DestinationError, Member
from activation.destinations import klaviyo
from sandbox.server import Running
from tests.activation.world import AUDIENCE, World


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world routed to Klaviyo's sandbox, with an empty list."""
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    world.destinations = ("klaviyo",)
    connection = connect(world)
    found = klaviyo._find_list(connection)
    if found:
        connection.client.call("DELETE", f"lists/{found}")
    return world


def connect(world: World) -> klaviyo.Connection:
    import selvage
    from activation.destination import Audience

    audience = Audience(AUDIENCE, "", "marketing", world.channel, "klaviyo")
    return klaviyo.connect(selvage.vendor("klaviyo", klaviyo.SETTINGS), audience)


def on_list(world: World) -> list[dict[str, Any]]:
    connection = connect(world)
    list_id = klaviyo._find_list(connection)
    pages = klaviyo._pages(connection.client, f"lists/{list_id}/profiles", {"page[size]": "100"})
    return [dict(profile["attributes"]) for profile in pages] if list_id else []


def held(world: World) -> dict[str, str]:
    """E-mail -> last product, as the platform's list has it."""
    return {row["email"]: row["properties"]["selvage_last_product_sku"] for row in on_list(world)}


def run() -> sync.SyncResult:
    return sync.apply(sync.plan(AUDIENCE, "klaviyo"))


def test_add_update_remove(shop: World, server: Running) -> None:
    shop.people(range(250))
    shop.publish()
    first = run()
    assert (first.added, first.rejected) == (250, 0)
    assert held(shop) == shop.wanted()
    properties = on_list(shop)[0]["properties"]
    assert properties["selvage_cart_value_amount"] == 12.5
    assert properties["selvage_last_cart_at"] == "2026-06-01T10:00:00Z"
    assert all(row["remote_id"] and row["job_id"] for row in shop.ledger_rows("klaviyo"))
    shop.people(range(50, 260))
    shop.members["c_0060"] = "SKU-9"
    shop.contacts["c_0061"] = ("moved@example.com", None)
    shop.publish()
    second = run()
    assert (second.added, second.updated, second.removed) == (10, 2, 50)
    assert held(shop) == shop.wanted()
    calls = sum(row["count"] for row in server.requests())
    shop.publish()
    assert run().sent == 0
    assert sum(row["count"] for row in server.requests()) == calls


def test_only_the_channels_contact_points_leave(shop: World) -> None:
    shop.people([500])
    shop.contacts["c_0500"] = ("c_0500@example.com", "+12125550150")
    shop.publish()
    run()
    (row,) = on_list(shop)
    assert row["phone_number"] is None
    assert row["first_name"] is None


def test_an_invalid_phone_is_rejected_with_its_reason(shop: World) -> None:
    shop.channel = "sms"
    shop.people([600, 601])
    shop.contacts["c_0600"] = (None, "+12125550160")
    shop.contacts["c_0601"] = (None, "+1999")
    shop.publish()
    result = run()
    assert (result.accepted, result.rejected) == (1, 1)
    (row,) = [row for row in shop.ledger_rows("klaviyo") if row["status"] == "rejected"]
    assert row["customer_id"] == "c_0601"
    assert row["reason"] == "invalid: phone_number"
    assert row["request_id"]
    assert "1999" not in str(row)
    assert sync.plan(AUDIENCE, "klaviyo").actions["customer_id"].to_pylist() == ["c_0601"]


def test_identifiers_of_two_profiles_fall_back_to_the_channels_own(shop: World) -> None:
    shop.people([700, 701])
    shop.publish()
    run()  # two profiles known by e-mail
    shop.channel = "sms"
    shop.contacts = {"c_0700": (None, "+12125550170"), "c_0701": (None, "+12125550171")}
    shop.publish()
    run()  # and two known by phone
    shop.contacts = {
        "c_0700": ("c_0700@example.com", "+12125550170"),
        "c_0701": ("c_0701@example.com", "+12125550171"),
    }
    shop.publish()
    result = run()
    assert (result.updated, result.rejected) == (2, 0)
    assert {row["phone_number"] for row in on_list(shop)} >= {"+12125550170", "+12125550171"}


@pytest.mark.parametrize("kind", ["throttle", "error_500", "hangup"])
def test_faults_lose_no_row(shop: World, server: Running, kind: str) -> None:
    shop.people(range(800, 830), product=kind)
    shop.publish()
    server.faults("klaviyo", kind, 2)
    result = run()
    assert (result.accepted, result.rejected) == (30, 0)
    assert held(shop) == shop.wanted()


def test_a_list_that_was_deleted_there_is_made_anew(shop: World) -> None:
    shop.people(range(900, 905))
    shop.publish()
    run()
    connection = connect(shop)
    connection.client.call("DELETE", f"lists/{klaviyo._find_list(connection)}")
    shop.people(range(903, 905))
    shop.publish()
    assert run().removed == 3  # who is not there counts as removed
    sync.apply(sync.plan(AUDIENCE, "klaviyo", resend=True))
    assert held(shop) == shop.wanted()


def test_members_without_a_known_id_are_found_by_address_or_by_customer(shop: World) -> None:
    shop.people(range(950, 954))
    shop.publish()
    run()
    connection = connect(shop)
    blank = [Member("c_0950", Contact()), Member("c_0951", Contact(email="c_0951@example.com")), Member("x", Contact())]
    outcomes = klaviyo.remove(connection, blank, lambda job_id: None)
    assert {outcome.status for outcome in outcomes} == {"acknowledged"}
    assert set(held(shop)) == {"c_0952@example.com", "c_0953@example.com"}


def test_a_job_of_a_killed_run_is_asked_for(shop: World) -> None:
    connection = connect(shop)
    jobs: list[str] = []
    members = [Member(f"c_{n}", Contact(email=f"c_{n}@example.com")) for n in (1, 2)]
    klaviyo._start_import(connection, members, jobs.append, "")
    outcomes = klaviyo.resume(connection, jobs[0], ["c_1", "c_2"])
    assert outcomes is not None
    assert [outcome.status for outcome in outcomes] == ["acknowledged"] * 2
    assert klaviyo.resume(connection, "no-such-job", ["c_1"]) is None


def test_a_wrong_key_stops_the_run(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLAVIYO_API_KEY", "pk_wrong")
    shop.people([1])
    shop.publish()
    with pytest.raises(DestinationError, match="401"):
        run()
    assert shop.ledger_rows("klaviyo") == []


def test_no_personal_data_in_logs_errors_or_files(
    shop: World, server: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    shop.people(range(970, 975))
    shop.publish()
    run()
    assert "example.com" not in caplog.text
    assert "planned 5" in caplog.text
    broken = Client("http://127.0.0.1:9/api", {})
    monkeypatch.setattr("activation.client.ATTEMPTS", 1)
    with pytest.raises(DestinationError) as error:
        broken.get("profiles", {"filter": 'any(email,["ana@example.com"])'})
    assert "example.com" not in str(error.value)
    assert error.value.__suppress_context__
    for folder in (shop.settings.work, shop.settings.ledger):
        for path in folder.rglob("*"):
            assert not path.is_file() or b"@example.com" not in path.read_bytes(), path


def test_nothing_here_knows_how_to_subscribe(shop: World, server: Running) -> None:
    paths = {row["path"] for row in server.requests()}
    assert not [path for path in paths if "subscription" in path]


def test_a_batch_over_the_size_limit_is_not_sent(shop: World) -> None:
    connection = connect(shop)
    connection.list_id = "Ab12Cd"
    huge = [Member(f"c_{n}", Contact(email=f"c_{n}@example.com"), {"text": "x" * 50_000}) for n in range(120)]
    with pytest.raises(BatchTooLarge):
        klaviyo.add(connection, huge, lambda job_id: None)
    assert connection.client.calls == 0


def test_random_days_end_in_what_is_wanted(shop: World) -> None:
    import random

    choice = random.Random(5)
    for day in range(4):
        shop.people(sorted(choice.sample(range(1000, 1040), 25)), product=f"SKU-{day % 2}")
        for customer in choice.sample(sorted(shop.members), 2):
            shop.contacts[customer] = (f"other-{choice.randrange(30)}@example.com", None)
        shop.suppressed = dict.fromkeys(choice.sample(sorted(shop.members), 2), "unsubscribed")
        shop.publish()
        run()
        assert held(shop) == shop.wanted()
        assert sync.plan(AUDIENCE, "klaviyo").is_empty
