"""The sandbox's Shopify against the world's own tables, and against what Shopify's documentation says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import duckdb
import pytest
from graphql import parse, validate

from sandbox.vendors.shopify.graphql import schema
from tests.sandbox.conftest import Shopify, request

ORDER = "id legacyResourceId updatedAt test totalPriceSet { shopMoney { amount currencyCode } }"
LATEST = "(select * from '{folder}/shopify_orders.parquet' where updated_at <= timestamp '{now}' qualify row_number() over (partition by order_id order by version desc) = 1)"


def truth(shopify: Shopify, query: str) -> list[tuple[object, ...]]:
    """A query over the world's tables as of the clock; ``orders`` are the visible versions."""
    now = shopify.server.now.replace(tzinfo=None)
    latest = LATEST.format(folder=shopify.server.world, now=now)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(query.format(orders=latest, folder=shopify.server.world, now=now)).fetchall()


def test_without_token_nothing_is_told(shopify: Shopify) -> None:
    answer = request(f"{shopify.base}/admin/api/2026-10/graphql.json", {}, {"query": "{ shop { name } }"})
    assert answer.status == 401
    assert "Invalid API key" in answer.json["errors"]


def test_date_header_is_sandbox_time(shopify: Shopify) -> None:
    answer = shopify.post("{ shop { name } }")
    assert parsedate_to_datetime(answer.headers["date"]) == shopify.server.now


def test_cursor_pages_give_every_visible_order_once(shopify: Shopify) -> None:
    nodes = shopify.pages("orders", ORDER, "first: 37, sortKey: UPDATED_AT")
    ids = [int(one["legacyResourceId"]) for one in nodes]
    assert sorted(ids) == [row[0] for row in truth(shopify, "select order_id from {orders} order by 1")]
    assert [one["updatedAt"] for one in nodes] == sorted(one["updatedAt"] for one in nodes)


def test_money_ties_to_the_world_to_the_cent(shopify: Shopify) -> None:
    nodes = shopify.pages("orders", ORDER)
    shown = {int(one["legacyResourceId"]): one["totalPriceSet"]["shopMoney"]["amount"] for one in nodes}
    assert all(len(amount.split(".")[1]) == 2 for amount in shown.values())
    cents = {key: int(amount.replace(".", "")) for key, amount in shown.items()}
    assert cents == dict(truth(shopify, "select order_id, total_cents from {orders}"))


def test_bulk_gives_what_the_pages_give_with_children_in_any_order(shopify: Shopify) -> None:
    lines = shopify.bulk(
        "{ orders { edges { node { id name updatedAt refunds { id } transactions { id kind } "
        "lineItems { edges { node { id quantity currentQuantity } } } } } } }"
    )
    orders = {line["id"]: line for line in lines if "__parentId" not in line}
    children = [line for line in lines if "__parentId" in line]
    paged = shopify.pages(
        "orders", "id name updatedAt refunds(first: 10) { id } transactions(first: 10) { id kind }", "first: 10"
    )
    assert sorted(orders) == sorted(one["id"] for one in paged)
    assert all(orders[one["id"]] == one for one in paged)
    assert {line["__parentId"] for line in children} <= set(orders)
    assert (
        len(children)
        == truth(
            shopify,
            "select count(distinct line_id) from '{folder}/shopify_order_lines.parquet' "
            "where updated_at <= timestamp '{now}'",
        )[0][0]
    )
    places = {line["id"]: number for number, line in enumerate(lines)}
    assert any(places[line["id"]] < places[line["__parentId"]] for line in children)


def test_grouped_bulk_puts_children_behind_their_parent(shopify: Shopify) -> None:
    seen: set[str] = set()
    for line in shopify.bulk("{ orders { nodes { id lineItems { nodes { id } } } } }", group=True):
        assert line.get("__parentId") is None or line["__parentId"] in seen
        seen.add(line["id"])


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ orders { nodes { id refunds { refundLineItems { nodes { quantity } } } } } }", "within a list"),
        ("{ orders { nodes { id nothing } } }", "nothing"),
    ],
)
def test_bulk_queries_that_shopify_refuses(shopify: Shopify, query: str, word: str) -> None:
    mutation = "mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } userErrors { code message } } }"
    answer = shopify.query(mutation, {"q": query})["bulkOperationRunQuery"]
    assert answer["bulkOperation"] is None
    assert answer["userErrors"][0]["code"] == "INVALID"
    assert word in answer["userErrors"][0]["message"]


def test_search_by_time_and_words(shopify: Shopify) -> None:
    found = shopify.pages("orders", ORDER, "first: 100, query: \"updated_at:>='2026-04-15T12:00:00Z' AND test:false\"")
    expected = truth(
        shopify, "select order_id from {orders} where updated_at >= timestamp '2026-04-15 12:00' and not test"
    )
    assert sorted(int(one["legacyResourceId"]) for one in found) == sorted(row[0] for row in expected)
    assert 0 < len(found) < truth(shopify, "select count(*) from {orders}")[0][0]
    refunded = shopify.pages(
        "orders",
        "displayFinancialStatus",
        'first: 100, query: "financial_status:refunded OR financial_status:partially_refunded"',
    )
    assert {one["displayFinancialStatus"] for one in refunded} <= {"REFUNDED", "PARTIALLY_REFUNDED"}
    assert (
        len(refunded) == truth(shopify, "select count(*) from {orders} where financial_status like '%REFUNDED'")[0][0]
    )


def test_customers_match_updated_at_by_whole_days(shopify: Shopify) -> None:
    late = shopify.pages("customers", "id updatedAt", "first: 100, query: \"updated_at:>='2026-04-10T23:00:00Z'\"")
    early = shopify.pages("customers", "id updatedAt", "first: 100, query: \"updated_at:>='2026-04-10T00:00:00Z'\"")
    assert late == early
    assert min(one["updatedAt"] for one in late) < "2026-04-10T23:00:00Z"


def test_a_customer_that_was_merged_away_is_shown_nowhere(shopify: Shopify) -> None:
    """Its orders are its survivor's. Nothing that is listed tells the old id."""
    now = shopify.server.now.replace(tzinfo=None)
    with duckdb.connect() as connection:
        gone, kept = connection.execute(
            f"""select list(customer_id), list(merged_into) from read_parquet('{shopify.server.world}/shopify_customers.parquet')
            where is_deleted and updated_at <= timestamp '{now}'"""
        ).fetchall()[0]
    listed = {one["legacyResourceId"] for one in shopify.pages("customers", "legacyResourceId")}
    owners = {
        (one["customer"] or {}).get("legacyResourceId")
        for one in shopify.pages("orders", "customer { legacyResourceId }")
    }
    assert gone
    assert not {str(one) for one in gone} & (listed | owners)
    assert {str(one) for one in kept} <= listed
    assert shopify.query(f'{{ customer(id: "gid://shopify/Customer/{gone[0]}") {{ id }} }}') == {"customer": None}


def test_search_field_that_customers_lack_is_ignored_with_a_warning(shopify: Shopify) -> None:
    answer = shopify.post('{ customers(first: 1, query: "created_at:>2030-01-01") { nodes { id } } }').json
    assert len(answer["data"]["customers"]["nodes"]) == 1
    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_unknown_fields_and_arguments_are_errors(shopify: Shopify) -> None:
    for query in ("{ orders(first: 1) { nodes { totals } } }", '{ orders(first: 1, where: "x") { nodes { id } } }'):
        answer = shopify.post(query)
        assert answer.status == 200
        assert answer.json["errors"]
        assert "data" not in answer.json


def test_page_rules(shopify: Shopify) -> None:
    assert "first or last" in shopify.post("{ orders { nodes { id } } }").json["errors"][0]["message"]
    assert shopify.post("{ orders(first: 251) { nodes { id } } }").json["errors"]
    bad = shopify.post('{ orders(first: 1, after: "bm9uc2Vuc2U=") { nodes { id } } }').json
    assert bad["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


def test_aliases_fragments_variables_and_edges(shopify: Shopify) -> None:
    data = shopify.query(
        """query($n: Int!, $more: Boolean!) {
            newest: orders(first: $n, reverse: true, sortKey: CREATED_AT) { edges { cursor node { ...short } } pageInfo { hasNextPage } }
            shop { __typename name @include(if: $more) email @skip(if: $more) }
        }
        fragment short on Order { key: id __typename ... on Order { createdAt } }""",
        {"n": 3, "more": True},
    )
    edges = data["newest"]["edges"]
    assert [set(edge["node"]) for edge in edges] == [{"key", "__typename", "createdAt"}] * 3
    assert [edge["node"]["createdAt"] for edge in edges] == sorted(
        (edge["node"]["createdAt"] for edge in edges), reverse=True
    )
    assert data["shop"] == {"__typename": "Shop", "name": "Selvage Demo"}
    assert data["newest"]["pageInfo"]["hasNextPage"] is True


def test_refunds_hang_below_their_order_only(shopify: Shopify) -> None:
    query = 'first: 3, query: "financial_status:partially_refunded"'
    selection = "id refunds(first: 5) { id totalRefundedSet { shopMoney { amount } } refundLineItems(first: 5) { nodes { quantity lineItem { id } subtotalSet { shopMoney { amount } } } } }"
    orders = shopify.pages("orders", selection, query)
    refund = next(one for order in orders for one in order["refunds"])
    again = shopify.query(
        "query($id: ID!) { node(id: $id) { id ... on Refund { totalRefundedSet { shopMoney { amount } } } } }",
        {"id": refund["id"]},
    )
    assert again["node"]["totalRefundedSet"] == refund["totalRefundedSet"]
    assert "refunds" not in schema().query_type.fields


def test_inventory_states_add_up(shopify: Shopify) -> None:
    names = '["available","committed","on_hand","reserved","damaged","safety_stock","quality_control","incoming"]'
    locations = shopify.query(
        f"{{ locations(first: 5) {{ nodes {{ id inventoryLevels(first: 40) {{ nodes {{ id item {{ sku }} quantities(names: {names}) {{ name quantity }} }} }} }} }} }}"
    )
    levels = [level for one in locations["locations"]["nodes"] for level in one["inventoryLevels"]["nodes"]]
    assert levels
    for level in levels:
        held = {one["name"]: one["quantity"] for one in level["quantities"]}
        away = sum(held[name] for name in ("committed", "reserved", "damaged", "safety_stock", "quality_control"))
        assert held["on_hand"] == held["available"] + away


def test_abandoned_checkouts_have_lines_and_no_sort_by_update(shopify: Shopify) -> None:
    found = shopify.pages(
        "abandonedCheckouts",
        "id updatedAt completedAt totalPriceSet { shopMoney { amount } } lineItems(first: 5) { nodes { sku quantity variant { id } } }",
        "first: 20, query: \"updated_at:>='2026-04-25'\"",
    )
    assert found
    assert all(one["lineItems"]["nodes"] for one in found)
    assert shopify.post("{ abandonedCheckouts(first: 1, sortKey: UPDATED_AT) { nodes { id } } }").json["errors"]


def test_tags_are_written_read_and_move_the_update(shopify: Shopify) -> None:
    one = shopify.query("{ customers(first: 1) { nodes { id tags updatedAt } } }")["customers"]["nodes"][0]
    add = "mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id ... on Customer { tags updatedAt } } userErrors { message } } }"
    changed = shopify.query(add, {"id": one["id"], "tags": ["vip", "spring"]})["tagsAdd"]
    assert changed["userErrors"] == []
    assert set(changed["node"]["tags"]) == {*one["tags"], "vip", "spring"}
    assert datetime.fromisoformat(changed["node"]["updatedAt"]) == shopify.server.now
    remove = add.replace("tagsAdd", "tagsRemove")
    left = shopify.query(remove, {"id": one["id"], "tags": ["vip"]})["tagsRemove"]["node"]
    assert set(left["tags"]) == {*one["tags"], "spring"}
    missing = shopify.query(add, {"id": "gid://shopify/Customer/1", "tags": ["x"]})["tagsAdd"]
    assert missing["node"] is None
    assert missing["userErrors"]


def test_rest_lists_follow_the_link_header(shopify: Shopify) -> None:
    url: str | None = f"{shopify.base}/admin/api/2026-10/orders.json?limit=100&status=any"
    ids: list[int] = []
    while url:
        answer = request(url, shopify.headers)
        assert answer.headers["x-shopify-shop-api-call-limit"].endswith("/40")
        ids += [one["id"] for one in answer.json["orders"]]
        link = answer.headers.get("link")
        url = link.split(">")[0].lstrip("<") if link else None
    assert ids == [row[0] for row in truth(shopify, "select order_id from {orders} order by 1")]
    open_only = request(f"{shopify.base}/admin/api/2026-10/orders/count.json", shopify.headers).json["count"]
    assert open_only < len(ids)


def test_schema_is_sound() -> None:
    queries: list[Callable[[], str]] = [lambda: "{ __schema { queryType { name } } }", lambda: "{ shop { id } }"]
    assert all(validate(schema(), parse(query())) == [] for query in queries)
