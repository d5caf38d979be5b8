"""The Shopify destination against the sandbox's server: metafields and tags of ours come and go, those of others stay."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from activation.destination import Contact, Member
from activation.destinations import shopify
from sandbox.server import Running
from tests.activation import checks
from tests.activation.shops import Tool, forget
from tests.activation.world import AUDIENCE, World
from tests.sandbox.conftest import Shopify

TAG, NAMESPACE = f"selvage/{AUDIENCE}", f"$app:{AUDIENCE}"


@dataclass
class Shop(Tool):
    """A world routed to Shopify's sandbox, everything that left for it, and every wait of its client."""

    NAME = "shopify"
    USE = ("shop", "service")

    api: Shopify
    ids: list[str]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body or b"{}") for _, _, body in self.sent]

    def customers(self) -> dict[str, dict[str, Any]]:
        """Id -> tags, and metafields of this audience, of everybody."""
        selection = (
            "id updatedAt tags firstName lastName state defaultPhoneNumber { phoneNumber } defaultAddress { address1 city } "
            "defaultEmailAddress { emailAddress marketingState marketingUpdatedAt } "
            "metafields(first: 50) { nodes { namespace key value type } }"
        )
        found = {}
        for one in self.api.pages("customers", selection, "first: 100"):
            fields = {
                m["key"]: m["value"] for m in one["metafields"]["nodes"] if m["namespace"].endswith(f"--{AUDIENCE}")
            }
            found[one["id"].rpartition("/")[2]] = {**one, "fields": fields}
        return found

    def held(self) -> dict[str, str]:
        everybody = self.customers()
        assert {key for key, one in everybody.items() if one["fields"]} == {
            key for key, one in everybody.items() if TAG in one["tags"]
        }
        return {key: one["fields"]["last_product_sku"] for key, one in everybody.items() if one["fields"]}

    def wanted(self) -> dict[str, str]:
        return self.wanted_by_ids()


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Thirty customers of the shop; each customer of ours is one of them, the first two."""
    api = Shopify(server)
    shop = Shop(world, server, api, [])
    shop.open(monkeypatch)
    everybody = shop.customers()
    shop.ids = list(everybody)[:30]
    # Each test begins without our tags and metafields.
    told = [
        Member(one["fields"]["customer_id"], Contact(), remote_id=key)
        for key, one in everybody.items()
        if one["fields"]
    ]
    shopify.remove(shop.connection(), told, forget)
    shop.listen(monkeypatch, "Admin", "Client")
    world.people(range(29))
    world.tool_ids = {name: shop.ids[number + 1] for number, name in enumerate(world.members)}
    world.tool_ids["c_0000"] = f"{shop.ids[0]},{shop.ids[1]}"
    return shop


def test_customers_get_metafields_and_tags_and_lose_them(shop: Shop) -> None:
    gid = f"gid://shopify/Customer/{shop.ids[3]}"
    change = 'mutation($id: ID!) { tagsAdd(id: $id, tags: ["VIP", "selvage/other"]) { userErrors { message } } }'
    shop.api.query(change, {"id": gid})
    other = [{"ownerId": gid, "namespace": "custom", "key": "shoe_size", "type": "number_integer", "value": "42"}]
    shop.api.query(
        "mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }",
        {"m": other},
    )
    before = shop.customers()[shop.ids[3]]
    first = shop.run()
    assert (first.added, first.rejected, first.members) == (29, 0, 29)
    assert shop.held() == shop.wanted()
    assert len(shop.held()) == 30  # both customers of the one who has two
    after = shop.customers()[shop.ids[3]]
    assert after["fields"] == {
        "last_product_sku": "SKU-1",
        "cart_value_amount": "12.5000",
        "last_cart_at": "2026-06-01T10:00:00Z",
        "customer_id": "c_0002",
    }
    types = {m["key"]: m["type"] for m in after["metafields"]["nodes"]}
    assert (types["cart_value_amount"], types["last_cart_at"]) == ("number_decimal", "date_time")
    assert set(after["tags"]) == {*before["tags"], TAG}
    moved = ("tags", "metafields", "fields", "updatedAt")  # all that comes back as news, and no identity is made of it
    assert {**before, **dict.fromkeys(moved)} == {**after, **dict.fromkeys(moved)}
    calls = len(shop.sent)
    assert shop.run().sent == 0
    assert len(shop.sent) == calls
    shop.world.members["c_0005"] = "SKU-9"
    del shop.world.members["c_0000"]
    shop.world.suppressed = {"c_0002": "erased"}
    second = shop.run()
    assert (second.added, second.updated, second.removed) == (0, 1, 2)
    assert shop.held() == shop.wanted()
    end = shop.customers()[shop.ids[3]]
    assert {**end, "updatedAt": None} == {**before, "updatedAt": None}  # as if we had never been there
    assert {row["remote_id"] for row in shop.world.ledger_rows("shopify")} == set(shop.world.tool_ids.values())


def test_no_mutation_replaces_or_touches_consent(shop: Shop) -> None:
    shop.run()
    shop.world.members["c_0005"] = "SKU-9"
    shop.run()
    queries = " ".join(one["query"] for one in shop.bodies)
    assert "customerUpdate" not in queries
    assert "Consent" not in queries
    assert "customerCreate" not in queries
    sets = [part for one in shop.bodies if "metafieldsSet" in one["query"] for part in one["variables"].values()]
    assert max(map(len, sets)) == 24  # six customers with four each: never a part of one
    assert len(sets) == 5 + 1


def test_groups_are_tags_and_an_old_one_goes(shop: Shop) -> None:
    connection, contact = shop.connection(), Contact(shopify_ids=shop.ids[9])
    rows = {"loyalty_tier": "Gold, old", "rfm_segment": "champions", "net_sales_band": "below 250", "open_returns": 0}
    (told,) = shopify.add(connection, [Member("c_9", contact, rows)], forget)
    assert told.status == "acknowledged"
    mine = {tag for tag in shop.customers()[shop.ids[9]]["tags"] if tag.startswith("selvage/")}
    assert mine == {TAG, f"{TAG}/loyalty_tier/Gold  old", f"{TAG}/rfm_segment/champions"}
    rows = {**rows, "loyalty_tier": None, "rfm_segment": "Champions", "last_order_date": "2026-05-01", "note": " "}
    shopify.add(connection, [Member("c_9", contact, rows)], forget)
    found = shop.customers()[shop.ids[9]]
    assert {tag for tag in found["tags"] if tag.startswith("selvage/")} == {TAG, f"{TAG}/rfm_segment/champions"}
    assert "loyalty_tier" not in found["fields"]
    assert (found["fields"]["last_order_date"], found["fields"]["open_returns"]) == ("2026-05-01", "0")
    shopify.remove(connection, [Member("c_9", Contact(), remote_id=shop.ids[9])], forget)
    assert not [tag for tag in shop.customers()[shop.ids[9]]["tags"] if tag.startswith("selvage/")]


def test_a_refused_customer_stops_no_other(shop: Shop) -> None:
    connection = shop.connection()
    members = [Member(f"c_{n}", Contact(shopify_ids=shop.ids[n]), {"level": n}) for n in range(10)]
    members[4] = Member("c_4", Contact(shopify_ids=shop.ids[4]), {"level": "no number"})
    told = shopify.add(connection, members, forget)
    assert [one.status == "rejected" for one in told] == [n == 4 for n in range(10)]
    assert told[4].reason == "INVALID_TYPE: metafields.type"
    found = shop.customers()
    assert [found[key]["fields"].get("level") for key in shop.ids[:6]] == ["0", "1", "2", "3", None, "5"]
    assert TAG not in found[shop.ids[4]]["tags"]


def test_a_customer_that_changes_hands_is_told_of_its_new_owner(shop: Shop) -> None:
    shop.run()
    ids = shop.world.tool_ids
    ids["c_0000"], ids["c_0001"] = shop.ids[0], f"{shop.ids[1]},{shop.ids[2]}"
    shop.world.members["c_0001"] = "SKU-8"
    shop.run()
    assert shop.held() == shop.wanted()
    assert shop.customers()[shop.ids[1]]["fields"]["customer_id"] == "c_0001"


def test_what_another_customer_was_told_under_since_is_not_taken_away(shop: Shop) -> None:
    """Two customers of two batches: the account went over to the one that was told first."""
    shop.run()
    connection, ids = shop.connection(), shop.ids
    shopify.add(connection, [Member("c_0002", Contact(shopify_ids=f"{ids[1]},{ids[3]}"), {"tier": "x"})], forget)
    shopify.remove(connection, [Member("c_0000", Contact(), remote_id=f"{ids[0]},{ids[1]}")], forget)
    found = shop.customers()
    assert found[ids[0]]["fields"] == {}
    assert (found[ids[1]]["fields"]["customer_id"], found[ids[1]]["fields"]["tier"]) == ("c_0002", "x")
    assert TAG in found[ids[1]]["tags"]


def test_an_erased_customer_of_whom_nothing_is_known_is_searched(shop: Shop) -> None:
    shop.run()
    (told,) = shopify.remove(shop.connection(), [Member("c_0006", Contact())], forget)
    assert told.status == "acknowledged"
    assert shop.ids[7] not in shop.held()
    assert len(shop.held()) == 29


def test_a_customer_that_is_gone_is_rejected_and_another_of_theirs_suffices(shop: Shop) -> None:
    shop.world.tool_ids["c_0002"] = "999"
    shop.world.tool_ids["c_0003"] = f"998,{shop.ids[4]}"
    found = shop.run()
    assert (found.added, found.rejected_reasons) == (28, {"no such customer at Shopify": 1})
    rows = {row["customer_id"]: row for row in shop.world.ledger_rows("shopify")}
    assert rows["c_0003"]["reason"] == "1 of 2 customers are no more"
    assert rows["c_0003"]["remote_id"] == shop.ids[4]


def test_faults_end_in_the_same_state(shop: Shop) -> None:
    checks.faults_end_in_the_same_state(shop, "shopify")


def test_a_run_killed_between_metafields_and_tags_is_finished(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    retag = shopify._retag

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(shopify, "_retag", killed)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(shopify, "_retag", retag)
    del shop.world.members["c_0004"]  # whom nobody wants by now
    shop.run()
    assert shop.held() == shop.wanted()


def test_an_empty_bucket_is_waited_for(shop: Shop) -> None:
    cost = {"requestedQueryCost": 500, "throttleStatus": {"currentlyAvailable": 100, "restoreRate": 100.0}}
    answers = [
        {"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}},
        {"data": {"nodes": []}, "extensions": {"cost": cost}},
    ]
    connection = shop.connection()

    class Canned:
        def call(self, *_: Any, **__: Any) -> Any:
            return type("Reply", (), {"body": answers.pop(0)})

    connection.admin.client = Canned()  # type: ignore[assignment]
    assert shopify._tags(connection, ["gid://shopify/Customer/1"]) == {}
    assert shop.waits == [4.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [("no", "SHOPIFY_ACCESS_TOKEN is not valid"), ("shpat_few_scopes", "read_customers and write_customers")],
)
def test_wrong_tokens_say_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    checks.a_wrong_setting_is_named(shop, monkeypatch, "shopify", "SHOPIFY_ACCESS_TOKEN", value, words)


def test_nothing_personal_is_logged(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    checks.no_property_is_in_any_log(shop, caplog)


def test_amounts_keep_their_digits() -> None:
    assert shopify.text_of(Decimal("1E+2")) == "100"
    assert shopify.text_of(Decimal("12.5000")) == "12.5000"
