"""Shopify's own Python client reads and writes the sandbox, by GraphQL and by its classic resources."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import shopify

from sandbox.server import Running

DOMAIN = "selvage-demo.localhost"


@pytest.fixture
def session(server: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # Not every system resolves names below localhost; the client knows no other way to another address.
    resolve = socket.getaddrinfo

    def local(host: Any, *rest: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", local)
    monkeypatch.setenv("no_proxy", "*")
    shopify.Session.setup(protocol="http", myshopify_domain="localhost", port=server.port)
    version = shopify.Release("2026-10")
    shopify.ApiVersion.define_version(version)
    one = shopify.Session(f"{DOMAIN}:{server.port}", "2026-10", "shpat_sandbox")
    one.url = f"{DOMAIN}:{server.port}"
    shopify.ShopifyResource.activate_session(one)
    yield one
    shopify.ShopifyResource.clear_session()
    shopify.Session.setup(protocol="https", myshopify_domain="myshopify.com", port=None)


def test_reads_by_graphql(session: Any, shopify_total: int) -> None:
    ids, after = [], None
    while True:
        query = "query($after: String) { orders(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
        page = json.loads(shopify.GraphQL().execute(query, {"after": after}))["data"]["orders"]
        ids += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(ids) == len(set(ids)) == shopify_total


def test_reads_classic_resources(session: Any, shopify_total: int) -> None:
    assert shopify.Shop.current().name == "Selvage Demo"
    page = shopify.Order.find(limit=200, status="any")
    orders = list(page)
    while page.has_next_page():
        page = page.next_page()
        orders += list(page)
    assert len(orders) == shopify_total
    assert orders[0].line_items[0].sku
    one = shopify.Order.find(orders[0].id)
    assert one.total_price == orders[0].total_price
    assert shopify.Customer.find(limit=5)[0].admin_graphql_api_id.startswith("gid://shopify/Customer/")
    assert shopify.Product.find(limit=5)[0].variants[0].price


def test_writes_tags(session: Any) -> None:
    one = shopify.Customer.find(limit=1)[0]
    mutation = "mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { userErrors { message } } }"
    answer = json.loads(shopify.GraphQL().execute(mutation, {"id": one.admin_graphql_api_id, "tags": ["from-sdk"]}))
    assert answer["data"]["tagsAdd"]["userErrors"] == []
    assert "from-sdk" in shopify.Customer.find(one.id).tags


@pytest.fixture(scope="module")
def shopify_total(server: Running) -> int:
    from tests.sandbox.conftest import Shopify

    return int(Shopify(server).query("{ ordersCount(limit: null) { count } }")["ordersCount"]["count"])
