"""N5: merge then unmerge returns the identity map, orders by customer, credit and audiences to byte-equal hashes.

Once by decisions of a person, once by a changed rule, both in one build. The log of merges keeps what happened.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.acceptance.mini import MiniWarehouse
from warehouse.content_hash import TableContent

WANTED = (
    "+fct_orders",
    "+fct_attribution",
    "+aud_cart_abandoners",
    "+bridge_customer_identifiers",
    "+fct_customer_merges",
    "+int_identity__customer_map_intervals",
)
REMEMBERS = {
    "int_identity__customer_map",
    "int_identity__customer_map_intervals",
    "int_identity__merge_log",
    "fct_customer_merges",
}
PEOPLE = {"1": "Ana Roth", "2": "Bo Lind", "3": "Cleo Marsh", "4": "Cleo Ortega"}  # the last two are one, married
MERGED = "insert into seeds.manual_identity_links (link_type, record_key_from, record_key_to) values "


def dated(at: str) -> dict[str, str]:
    return {"created_at": at, "updated_at": at}


def person(key: str, name: str) -> dict[str, Any]:
    contact = {"email": f"person{key}@example.com", "phone": "+12125550100" if name.startswith("Cleo") else None}
    consent = {"email_marketing_state": "SUBSCRIBED", "email_marketing_updated_at": "2026-05-01"}
    given, family = name.split()
    return {
        "id": key,
        "first_name": given,
        "last_name": family,
        **contact,
        **consent,
        **dated(f"2026-05-01 0{key}:00:00"),
    }


def event(key: str, at: str, **more: Any) -> dict[str, Any]:
    who = {"message_id": f"{key} {at} {more['type']}", "anonymous_id": f"device-{key}", "user_id": key}
    return who | dict.fromkeys(("timestamp", "received_at", "sent_at", "original_timestamp"), at) | more


def visit(key: str, source: str, at: str) -> dict[str, Any]:
    return event(key, at, type="page", page_url=f"https://shop.example/?utm_source={source}&utm_medium=cpc")


def put_in(key: str, at: str) -> dict[str, Any]:
    return event(key, at, type="track", event="Product Added", sku="BLUE", cart_id=key, price_amount=10)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> MiniWarehouse:
    """2 buys after 1 left a cart; the first Cleo buys after the second, known by her phone, left one."""
    mini = MiniWarehouse(tmp_path_factory.mktemp("n05"))
    mini.insert("raw_shopify.customers", [person(*each) for each in PEOPLE.items()])
    for key in ("2", "3"):
        order = {"id": f"o{key}", "customer_id": key, "currency_code": "USD", "financial_status": "PAID"}
        order |= {"total_amount": 20, "current_total_amount": 20, "subtotal_amount": 20, "is_test": False}
        mini.insert(
            "raw_shopify.orders", [order | {"processed_at": "2026-05-20 12:00", **dated("2026-05-20 12:00:00")}]
        )
        line = {"id": f"l{key}", "order_id": f"o{key}", "sku": "RED", "quantity": 2, "current_quantity": 2}
        mini.insert("raw_shopify.order_lines", [line | {"original_unit_price": 10}])
    visits = [("1", "instagram"), ("2", "google"), ("3", "bing"), ("4", "tiktok")]
    mini.insert(
        "raw_web_events.events",
        [
            *(visit(key, source, f"2026-05-1{key} 09:00:00") for key, source in visits),
            *(put_in(key, "2026-05-20 09:00:00") for key in ("1", "4")),
        ],
    )
    mini.build(*WANTED)
    return mini


def change(mini: MiniWarehouse, *statements: str) -> None:
    """Change seeds, then build what follows from them."""
    with duckdb.connect(str(mini.file)) as con:
        for statement in statements:
            con.execute(statement)
    follows = ("int_identity__rules+", "int_identity__manual_links+")
    mini.build(*(f"{one},{wanted}" for one in follows for wanted in WANTED))


def contents(mini: MiniWarehouse) -> dict[str, TableContent]:
    return {name: content for name, content in mini.contents().items() if name not in REMEMBERS}


def credit(mini: MiniWarehouse) -> set[tuple[str, ...]]:
    """Each order with the channels on its path."""
    return set(
        mini.rows(
            "select conversion_id, string_agg(channel, ' ' order by touched_at) from marts.fct_attribution "
            "where attribution_model = 'linear' and conversion_type <> 'sign_up' group by 1"
        )
    )


def members(mini: MiniWarehouse) -> set[str]:
    return {
        key.removeprefix("shopify:")
        for (key,) in mini.rows(
            "select record_key from audiences.aud_cart_abandoners "
            "inner join intermediate.int_identity__record_customers using (customer_id) where record_key like 'shopify:%'"
        )
    }


def test_what_was_merged_and_split_comes_back_to_the_byte(warehouse: MiniWarehouse) -> None:
    before = contents(warehouse)
    assert members(warehouse) == {"1"}, "2 left no cart, and Cleo bought"
    assert credit(warehouse) == {("shopify:o2", "paid_search"), ("shopify:o3", "paid_search paid_social direct")}

    change(
        warehouse,
        f"{MERGED} ('include', 'shopify:1', 'shopify:2')",
        "update seeds.identity_rules set is_edge = false, window_days = null where identifier_type = 'phone'",
    )
    during = contents(warehouse)
    assert members(warehouse) == {"4"}, "1 has bought now, as 2; nothing says that 4 has"
    assert credit(warehouse) == {("shopify:o2", "paid_social paid_search direct"), ("shopify:o3", "paid_search")}
    moved = {name for name, content in before.items() if during[name] != content}
    assert {"int_identity__record_customers", "fct_orders", "fct_attribution", "aud_cart_abandoners"} <= moved

    change(
        warehouse,
        "delete from seeds.manual_identity_links",
        "update seeds.identity_rules set is_edge = true, window_days = 730 where identifier_type = 'phone'",
    )
    after = contents(warehouse)
    assert {name for name in before if before[name] != after[name]} == set()
    assert warehouse.rows(
        "select change_type, cause_match_rule, count(*) from marts.fct_customer_merges where change_type <> 'created' "
        "group by all order by all"
    ) == [
        ("merge", "manual_include", 1),
        ("merge", "same_phone", 1),
        ("split", None, 2),
    ]


def test_each_build_remembers_what_it_knew(warehouse: MiniWarehouse) -> None:
    """After the test above: the present is the first build's, and the second's is not forgotten."""

    def known_to(build: int) -> list[tuple[str, ...]]:
        return warehouse.rows(
            f"select string_agg(record_key, ' ' order by record_key) from intermediate.int_identity__customer_map_intervals "
            f"where known_from_assignment <= {build} and coalesce(known_to_assignment > {build}, true) "
            f"and valid_to is null and record_key like 'shopify:%' group by customer_id order by 1"
        )

    apart = [("shopify:1",), ("shopify:2",), ("shopify:3 shopify:4",)]
    assert known_to(1) == known_to(3) == apart
    assert known_to(2) == [("shopify:1 shopify:2",), ("shopify:3",), ("shopify:4",)]
