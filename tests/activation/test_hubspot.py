"""The HubSpot destination against the sandbox's server: contacts bear what we want, and nothing else of them changes."""

from __future__ import annotations

import json
import logging
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

import selvage
from activation.destination import Audience, BatchRefused, Contact, Member
from activation.destinations import hubspot
from sandbox.server import Running
from tests.activation import checks
from tests.activation.shops import Tool, forget
from tests.activation.world import AUDIENCE, World
from tests.sandbox.conftest import Answer, request

SKU, AMOUNT, AT, CUSTOMER = (
    f"selvage_{AUDIENCE}__{name}" for name in ("last_product_sku", "cart_value_amount", "last_cart_at", "customer_id")
)


@dataclass
class Shop(Tool):
    """A world routed to HubSpot's sandbox, everything that left for it, and every wait of its client."""

    NAME = "hubspot"

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        headers = {"Authorization": "Bearer pat-na1-sandbox", "Content-Type": "application/json"}
        return request(f"{self.server.url}/hubspot/crm/{path}", headers, body, method)

    def everybody(self) -> dict[str, dict[str, Any]]:
        """Address -> contact, with its properties; of who has none, the id."""
        names = ",".join(one["name"] for one in self.call("GET", "properties/2026-09/contacts").json["results"])
        found: dict[str, dict[str, Any]] = {}
        after = "0"
        while True:
            path = f"objects/2026-09/contacts?limit=100&after={after}&properties={names}"
            page = self.call("GET", path).json
            found |= {one["properties"]["email"] or one["id"]: one for one in page["results"]}
            if "paging" not in page:
                return found
            after = page["paging"]["next"]["after"]

    def held(self) -> dict[str, str]:
        found = {email: one["properties"].get(SKU) for email, one in self.everybody().items()}
        return {email: value for email, value in found.items() if value}

    def wanted(self) -> dict[str, str]:
        return self.world.wanted()


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop(world, server)
    shop.open(monkeypatch)
    for one in shop.everybody().values():  # each test begins without people and without our properties
        shop.call("DELETE", f"objects/2026-09/contacts/{one['id']}")
    for one in shop.call("GET", "properties/2026-09/contacts").json["results"]:
        if one["name"].startswith("selvage_"):
            shop.call("DELETE", f"properties/2026-09/contacts/{one['name']}")
    shop.listen(monkeypatch)
    world.contacts = {f"c_{n:04d}": (f"{n}-{random.random():.12f}@example.com", None) for n in range(300)}
    return shop


def email_of(shop: Shop, number: int) -> str:
    return str(shop.world.contacts[f"c_{number:04d}"][0])


def test_add_update_move_remove(shop: Shop) -> None:
    mine = {"email": email_of(shop, 7), "firstname": "Ana", "shoe_size": "42"}
    shop.call("POST", "objects/2026-09/contacts", {"properties": mine})
    shop.world.people(range(150))
    first = shop.run()
    assert (first.added, first.rejected, first.members) == (150, 0, 150)
    assert shop.held() == shop.world.wanted()
    one = shop.everybody()[email_of(shop, 7)]["properties"]
    assert (one[AMOUNT], one[AT], one[CUSTOMER]) == ("12.5000", "2026-06-01T10:00:00Z", "c_0007")
    assert (one["firstname"], one["shoe_size"]) == ("Ana", "42")
    types = {one["name"]: one["type"] for one in shop.call("GET", "properties/2026-09/contacts").json["results"]}
    assert (types[SKU], types[AMOUNT], types[AT]) == ("string", "number", "datetime")
    assert all(row["remote_id"] for row in shop.world.ledger_rows("hubspot"))
    shop.world.people(range(20, 160))
    shop.world.members["c_0060"] = "SKU-9"
    old, shop.world.contacts["c_0061"] = email_of(shop, 61), ("moved@example.com", None)
    shop.world.suppressed = {"c_0030": "erased"}
    second = shop.run()
    assert (second.added, second.updated, second.removed, second.members) == (10, 2, 21, 139)
    assert shop.held() == shop.world.wanted()
    everybody = shop.everybody()
    assert everybody[old]["properties"][CUSTOMER] is None
    assert everybody[email_of(shop, 7)]["properties"]["shoe_size"] == "42"  # only what is ours went
    assert len(everybody) == 161  # nobody is deleted: the contact is the shop's
    calls = len(shop.sent)
    assert shop.run().sent == 0
    assert len(shop.sent) == calls


def test_only_updates_create_nobody(shop: Shop) -> None:
    shop.call("POST", "objects/2026-09/contacts", {"properties": {"email": "Known@example.com"}})
    emails = ["known@example.com", "new@example.com"]
    members = [Member(f"c_{n}", Contact(email=email), {"tier": "gold"}) for n, email in enumerate(emails)]
    told = hubspot.add(shop.connection("update_only"), members, forget)
    assert [(one.status, one.reason) for one in told] == [("acknowledged", None), ("rejected", "OBJECT_NOT_FOUND")]
    assert list(shop.everybody()) == ["known@example.com"]
    shop.server.faults("hubspot", "unnamed_rows")
    told = hubspot.add(shop.connection("update_only"), members, forget)
    assert [(one.status, one.reason) for one in told] == [
        ("acknowledged", None),
        ("rejected", "no result in the batch"),
    ]


def test_a_value_that_does_not_fit_stands_alone(shop: Shop) -> None:
    shop.world.people(range(20))
    shop.run()
    connection = shop.connection()
    members = [
        Member(f"c_{n:04d}", Contact(email=email_of(shop, n)), {"cart_value_amount": "much" if n == 3 else n})
        for n in range(20)
    ]
    with pytest.raises(BatchRefused, match="400 VALIDATION_ERROR INVALID_INTEGER") as refused:
        hubspot.add(connection, members, forget)
    assert "much" not in str(refused.value)
    shop.world.contacts["c_0005"] = ("no address", None)
    found = shop.run()
    assert found.rejected_reasons == {"no usable email": 1}


def test_removal_by_id_by_address_and_by_search(shop: Shop) -> None:
    shop.world.people(range(4))
    shop.run()
    ids = {row["customer_id"]: row["remote_id"] for row in shop.world.ledger_rows("hubspot")}
    members = [
        Member("c_0000", Contact(), remote_id=ids["c_0000"]),
        Member("c_0001", Contact(email=email_of(shop, 1))),
        Member("c_0002", Contact()),
        Member("c_0009", Contact()),
        Member("c_0008", Contact(), remote_id="999999"),
    ]
    told = hubspot.remove(shop.connection(), members, forget)
    assert {one.status for one in told} == {"acknowledged"}
    assert set(shop.held()) == {email_of(shop, 3)}


def test_other_audiences_properties_stay(shop: Shop) -> None:
    contact = Contact(email=email_of(shop, 1))
    other = hubspot.connect(
        selvage.vendor("hubspot", hubspot.SETTINGS), Audience(f"{AUDIENCE}_b", "", "marketing", "email", "hubspot")
    )
    for connection in (shop.connection(), other):
        rows = {"tier": "gold", "sum": Decimal("0.10"), "is_vip": True, "last_order_date": "2026-05-01"}
        hubspot.add(connection, [Member("c_1", contact, rows)], forget)
    hubspot.remove(shop.connection(), [Member("c_1", contact)], forget)
    held = {name: value for name, value in shop.everybody()[email_of(shop, 1)]["properties"].items() if value}
    mine = {name.partition("__")[2]: value for name, value in held.items() if name.startswith("selvage_")}
    assert mine == {
        "tier": "gold",
        "sum": "0.10",
        "is_vip": "yes",
        "last_order_date": "2026-05-01",
        "customer_id": "c_1",
    }
    assert all(name.startswith(f"selvage_{AUDIENCE}_b__") for name in held if name.startswith("selvage_"))


def test_faults_end_in_the_same_state(shop: Shop) -> None:
    shop.world.people(range(30))
    checks.faults_end_in_the_same_state(shop, "hubspot")


@pytest.mark.parametrize(
    ("value", "words"),
    [("no", "HUBSPOT_ACCESS_TOKEN is not valid"), ("pat-na1-reads", r"crm\.schemas\.contacts, read and write")],
)
def test_wrong_tokens_say_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    checks.a_wrong_setting_is_named(shop, monkeypatch, "hubspot", "HUBSPOT_ACCESS_TOKEN", value, words)


def test_it_stays_away_when_the_interval_is_used_up() -> None:
    headers = {"X-HubSpot-RateLimit-Remaining": "0", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    assert hubspot.pause_of(headers) == 10.0
    assert hubspot.pause_of({"X-HubSpot-RateLimit-Remaining": "3"}) == 0.0


def test_nothing_personal_is_logged(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shop.world.people(range(3))
    shop.world.contacts["c_0001"] = ("bad@@example.com", None)
    shop.run()
    assert "example.com" not in caplog.text
    assert "SKU-1" not in caplog.text
    assert not [url for _, url, _ in shop.sent if "%40" in url or "@" in url]
    assert json.loads(next(body for _, url, body in shop.sent if url.endswith("batch/upsert")))["inputs"]
