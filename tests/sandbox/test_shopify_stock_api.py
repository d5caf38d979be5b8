"""Fulfilment orders and transfers as the sandbox's Shopify shows them: what was sent, from where, and what arrived."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.sandbox.conftest import Shopify

ORDERS = "includeClosed: true, sortKey: UPDATED_AT"
ORDER_FIELDS = """id orderId status updatedAt deliveryMethod { methodType } assignedLocation { name location { id } }
    fulfillments(first: 5) { nodes { id location { id } totalQuantity } }
    lineItems(first: 20) { nodes { id totalQuantity remainingQuantity lineItem { id quantity } } }"""
TRANSFER_FIELDS = """id name status dateCreated origin { name location { id } } destination { name location { id } }
    totalQuantity receivedQuantity
    shipments(first: 5) { nodes { id status dateShipped dateReceived totalAcceptedQuantity totalRejectedQuantity
        lineItems(first: 100) { nodes { id quantity acceptedQuantity rejectedQuantity unreceivedQuantity
            inventoryItem { sku } } } } }"""


@pytest.fixture(scope="module")
def fulfilment_orders(shopify: Shopify) -> list[dict[str, Any]]:
    return shopify.pages("fulfillmentOrders", ORDER_FIELDS, f"first: 20, {ORDERS}")


@pytest.fixture(scope="module")
def transfers(shopify: Shopify) -> list[dict[str, Any]]:
    return shopify.pages("inventoryTransfers", TRANSFER_FIELDS, "first: 10, sortKey: CREATED_AT")


def test_every_order_has_one_and_what_is_sent_left_with_a_parcel(fulfilment_orders: list, shopify: Shopify) -> None:
    count = shopify.query("{ ordersCount(limit: null) { count } }")["ordersCount"]["count"]
    assert len({one["orderId"] for one in fulfilment_orders}) == count
    # what was put in later asks by itself
    asked = [line["lineItem"]["id"] for one in fulfilment_orders for line in one["lineItems"]["nodes"]]
    assert len(asked) == len(set(asked))
    assert 0 < len(fulfilment_orders) - count < count / 20
    exchanges = [one for one in fulfilment_orders if one["deliveryMethod"]["methodType"] == "RETAIL"]
    assert {one["status"] for one in fulfilment_orders} == {"OPEN", "CLOSED", "CANCELLED"}
    units_of: dict[str, int] = {}
    for one in fulfilment_orders:
        units = sum(line["totalQuantity"] for line in one["lineItems"]["nodes"])
        units_of[one["orderId"]] = units_of.get(one["orderId"], 0) + units
    for one in fulfilment_orders:
        units = [(line["totalQuantity"], line["remainingQuantity"]) for line in one["lineItems"]["nodes"]]
        parcels = one["fulfillments"]["nodes"]
        if one["status"] == "CLOSED":
            assert not any(left for _, left in units)
            assert sum(parcel["totalQuantity"] for parcel in parcels) == units_of[one["orderId"]]
            places = {parcel["location"]["id"] for parcel in parcels}
            assert one["assignedLocation"]["location"]["id"] in places
            assert len(places) == 1 + (one["orderId"] in {other["orderId"] for other in exchanges})
        else:
            assert parcels == []
            assert all(total == left for total, left in units)
        assert one["status"] != "CANCELLED" or not any(total for total, _ in units)


def test_units_taken_out_of_an_order_are_not_sent_and_returned_ones_were(
    fulfilment_orders: list, shopify: Shopify
) -> None:
    refunds = {
        line["lineItem"]["id"]: (line["restockType"], line["quantity"])
        for order in shopify.pages(
            "orders",
            "refunds { refundLineItems(first: 20) { nodes { quantity restockType lineItem { id } } } }",
            "first: 10",
        )
        for refund in order["refunds"]
        for line in refund["refundLineItems"]["nodes"]
    }
    met = set()
    for one in fulfilment_orders:
        for line in one["lineItems"]["nodes"]:
            kind, units = refunds.get(line["lineItem"]["id"], ("", 0))
            taken_out = units if kind == "CANCEL" else 0
            assert line["totalQuantity"] == line["lineItem"]["quantity"] - taken_out
            met.add(kind)
    assert met >= {"", "CANCEL", "RETURN"}


def test_closed_ones_come_only_when_asked_for(fulfilment_orders: list, shopify: Shopify) -> None:
    still_open = shopify.pages("fulfillmentOrders", "id status")
    assert {one["id"] for one in still_open} == {one["id"] for one in fulfilment_orders if one["status"] == "OPEN"}


def test_bulk_and_node_show_the_same(fulfilment_orders: list, shopify: Shopify) -> None:
    lines = shopify.bulk(
        f"{{ fulfillmentOrders({ORDERS}) {{ edges {{ node {{ id status lineItems {{ edges {{ node {{ id totalQuantity }} }} }} }} }} }} }}"
    )
    orders = {one["id"]: one["status"] for one in lines if "status" in one}
    assert orders == {one["id"]: one["status"] for one in fulfilment_orders}
    children = {(one["__parentId"], one["id"]): one["totalQuantity"] for one in lines if "__parentId" in one}
    assert children == {
        (one["id"], line["id"]): line["totalQuantity"]
        for one in fulfilment_orders
        for line in one["lineItems"]["nodes"]
    }
    node = (
        "query($id: ID!) { node(id: $id) { ... on FulfillmentOrder { status } } fulfillmentOrder(id: $id) { status } }"
    )
    one = fulfilment_orders[-1]
    expected = {"status": one["status"]}
    assert shopify.query(node, {"id": one["id"]}) == {"node": expected, "fulfillmentOrder": expected}


def test_transfers_are_as_far_as_the_clock(transfers: list, shopify: Shopify) -> None:
    now = f"{shopify.server.now:%Y-%m-%dT%H:%M:%SZ}"
    assert {one["status"] for one in transfers} >= {"IN_PROGRESS", "TRANSFERRED"}
    for one in transfers:
        assert one["dateCreated"] <= now
        (shipment,) = one["shipments"]["nodes"]
        assert shipment["status"] == {"TRANSFERRED": "RECEIVED", "IN_PROGRESS": "IN_TRANSIT"}.get(
            one["status"], "DRAFT"
        )
        assert (shipment["dateShipped"] or now) <= now
        assert (shipment["dateReceived"] is not None) == (one["status"] == "TRANSFERRED")
        lines = shipment["lineItems"]["nodes"]
        assert sum(line["quantity"] for line in lines) == one["totalQuantity"]
        assert sum(line["acceptedQuantity"] for line in lines) == shipment["totalAcceptedQuantity"]
        for line in lines:
            parts = line["acceptedQuantity"] + line["rejectedQuantity"] + line["unreceivedQuantity"]
            assert parts == line["quantity"]
            assert line["inventoryItem"]["sku"]


def test_places_outside_the_shop_have_a_name_or_nothing(transfers: list) -> None:
    ends = {(one["origin"] is None, bool(one["destination"]["location"])) for one in transfers}
    assert ends >= {(True, True), (False, False)}
    assert all(one["destination"]["name"] for one in transfers)


def test_transfers_are_found_by_when_they_were_made(transfers: list, shopify: Shopify) -> None:
    middle = sorted(one["dateCreated"] for one in transfers)[len(transfers) // 2]
    found = shopify.pages("inventoryTransfers", "id dateCreated", f"first: 50, query: \"created_at:>='{middle}'\"")
    assert {one["id"] for one in found} == {one["id"] for one in transfers if one["dateCreated"] >= middle}
    assert len(found) < len(transfers)


def test_the_api_shows_the_world(transfers: list, shopify: Shopify) -> None:
    (file,) = shopify.server.world.glob("**/shopify_inventory_transfers.parquet")
    now = shopify.server.now.replace(tzinfo=None)
    made = duckdb.execute("select count(*) from read_parquet(?) where revealed_at <= ?", [str(file), now]).fetchone()
    assert made == (len(transfers),)


DRAFT_FIELDS = """id status updatedAt completedAt reserveInventoryUntil order { id createdAt sourceName } shippingLine { title }
    lineItems(first: 10) { nodes { id quantity sku variant { id } } }"""


def test_drafts_reserve_until_a_moment_and_say_nothing_when_it_is_over(shopify: Shopify) -> None:
    drafts = shopify.pages("draftOrders", DRAFT_FIELDS, "first: 10, sortKey: UPDATED_AT")
    assert shopify.query("{ draftOrdersCount(limit: null) { count } }")["draftOrdersCount"]["count"] == len(drafts)
    assert [one["updatedAt"] for one in drafts] == sorted(one["updatedAt"] for one in drafts)
    now = f"{shopify.server.now:%Y-%m-%dT%H:%M:%SZ}"
    for one in drafts:
        assert one["lineItems"]["nodes"]
        assert (one["status"] == "COMPLETED") == (one["order"] is not None) == (one["completedAt"] is not None)
        assert (one["reserveInventoryUntil"] is None) == (one["shippingLine"] is None)
        if one["order"]:
            assert one["order"]["sourceName"] == "shopify_draft_order"
            assert one["order"]["createdAt"] == one["completedAt"] == one["updatedAt"]
    assert any(one["status"] == "OPEN" and one["reserveInventoryUntil"] < now for one in drafts), "none is forgotten"
    since = drafts[len(drafts) // 2]["updatedAt"]
    found = shopify.pages("draftOrders", "id", f"first: 50, query: \"updated_at:>='{since}'\"")
    assert {one["id"] for one in found} == {one["id"] for one in drafts if one["updatedAt"] >= since}
    in_bulk = shopify.bulk("{ draftOrders { edges { node { id lineItems { edges { node { id quantity } } } } } } }")
    assert {one["id"] for one in in_bulk if "__parentId" not in one} == {one["id"] for one in drafts}
    assert sum("__parentId" in one for one in in_bulk) == sum(len(one["lineItems"]["nodes"]) for one in drafts)
    assert shopify.query("query($id: ID!) { draftOrder(id: $id) { id } }", {"id": drafts[0]["id"]}) == {
        "draftOrder": {"id": drafts[0]["id"]}
    }


def test_a_line_put_in_later_makes_the_order_grow(shopify: Shopify) -> None:
    fields = """edited returns(first: 5) { nodes { exchangeLineItems(first: 5) { nodes { quantity } } } } originalTotalPriceSet { shopMoney { amount } } totalPriceSet { shopMoney { amount } }
        subtotalPriceSet { shopMoney { amount } } netPaymentSet { shopMoney { amount } }
        lineItems(first: 20) { nodes { priceAfterAllDiscountsBeforeTaxesSet { shopMoney { amount } } } }
        transactions { kind status amountSet { shopMoney { amount } } }"""

    def worth(one: dict[str, Any]) -> Decimal:
        return Decimal(one["shopMoney"]["amount"])

    grown = 0
    for one in shopify.pages("orders", fields, "first: 20"):
        lines = [worth(line["priceAfterAllDiscountsBeforeTaxesSet"]) for line in one["lineItems"]["nodes"]]
        assert sum(lines) == worth(one["subtotalPriceSet"])
        paid = sum(worth(part["amountSet"]) for part in one["transactions"] if part["kind"] in ("SALE", "CAPTURE")
                   and part["status"] == "SUCCESS")  # fmt: skip
        assert paid == worth(one["totalPriceSet"])
        if worth(one["originalTotalPriceSet"]) < worth(one["totalPriceSet"]):
            exchanged = [back for back in one["returns"]["nodes"] if back["exchangeLineItems"]["nodes"]]
            assert one["edited"] != bool(exchanged)
            grown += 1
        else:
            assert worth(one["originalTotalPriceSet"]) == worth(one["totalPriceSet"])
    assert grown > 0
