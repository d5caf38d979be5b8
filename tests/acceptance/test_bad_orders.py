"""Documents and stock that are wrong in themselves: kept in the facts with what they say, listed with the reason, never zero.

A few hand-written orders of a shop, one fault each; beside them a sound one, which must come through untouched.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.acceptance.mini import MiniWarehouse

AT = "2026-05-01 15:00:00"
WANTED = ("+fct_data_quality_issues", "+fct_order_reconciliation", "+int_orders__order_facts", "int_orders__orders")
STOCK = ("fct_inventory_levels",)


def order(key: str, total: str, subtotal: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": key, "name": f"#{key}", "created_at": AT, "processed_at": AT, "updated_at": AT, "is_test": False,
        "currency_code": "USD", "presentment_currency_code": "USD", "is_taxes_included": False, "source_name": "web",
        "financial_status": "PAID", "subtotal_amount": subtotal or total, "shipping_amount": "0", "tax_amount": "0",
        "tip_amount": "0", "discounts_amount": "0", "total_amount": total, "presentment_total_amount": total,
        "net_payment_amount": total, "current_total_amount": total, "refunded_amount": "0",
    } | more  # fmt: skip


def line(key: str, of: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key, "order_id": of, "line_number": 1, "sku": "MUG", "title": "Mug", "variant_id": "v1", "quantity": 1,
        "current_quantity": 1, "is_gift_card": False, "original_unit_price": price, "discount_amount": "0", "tax_amount": "0",
    } | more  # fmt: skip


def level(key: str, item: str, place: str, on_hand: int, **states: int) -> dict[str, Any]:
    told = dict.fromkeys(("available", "committed", "reserved", "damaged", "quality_control", "safety_stock"), 0)
    found = {"id": key, "inventory_item_id": item, "location_id": place, "is_active": True, "updated_at": AT}
    return found | told | states | {"on_hand": on_hand}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> MiniWarehouse:
    mini = MiniWarehouse(tmp_path_factory.mktemp("bad_orders"))
    mini.insert(
        "raw_shopify.products", [{"id": "p", "title": "Mug", "status": "ACTIVE", "created_at": AT, "updated_at": AT}]
    )
    mini.insert(
        "raw_shopify.variants",
        [
            {"id": f"v{number}", "product_id": "p", "sku": sku, "unit_cost": "4", "inventory_item_id": f"i{number}"}
            | {"created_at": AT, "updated_at": AT}
            for number, sku in ((1, "MUG"), (2, "CUP"), (3, "JAR"), (4, "POT"))
        ],
    )
    mini.insert(
        "raw_shopify.orders",
        [
            order("sound", "20"),
            order("parts", "25", "20"),  # 20 of lines, and nothing that explains 5 more
            order("lines", "20"),  # states 20, its line is 12
            order("nothing", "9"),  # no line at all
            order("dinar", "30", currency_code="XTS", presentment_currency_code="XTS"),
            order("unnamed", "7"),  # a line that names no product
            order("thrice", "10", net_payment_amount="-5", refunded_amount="15", current_total_amount="-5"),
        ],
    )
    mini.insert(
        "raw_shopify.order_lines",
        [
            line("l1", "sound", "20"),
            line("l2", "parts", "20"),
            line("l3", "lines", "12"),
            line("l4", "dinar", "30"),
            line("l5", "unnamed", "7", sku=None, variant_id=None, title="Something"),
            line("l6", "thrice", "10"),
            line("l7", "never_read", "99"),
        ],
    )
    paid = {
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "card",
        "currency_code": "USD",
        "processed_at": AT,
        "is_test": False,
    }
    money = {"sound": "20", "parts": "25", "lines": "20", "nothing": "9", "dinar": "30", "unnamed": "7", "thrice": "10",
             "never_read": "99"}  # fmt: skip
    mini.insert(
        "raw_shopify.order_transactions",
        [
            paid
            | {"id": f"t-{key}", "order_id": key, "amount": amount}
            | ({"currency_code": "XTS"} if key == "dinar" else {})
            for key, amount in money.items()
        ]
        + [paid | {"id": "t-back", "order_id": "thrice", "amount": "15", "kind": "REFUND"}],
    )
    refund = {"created_at": AT, "processed_at": AT, "updated_at": AT, "currency_code": "USD", "shipping_amount": "0"}
    mini.insert(
        "raw_shopify.refunds",
        [
            refund | {"id": "r1", "order_id": "thrice", "total_amount": "15", "adjustment_amount": "5"},
            refund | {"id": "r2", "order_id": "never_read", "total_amount": "3", "adjustment_amount": "3"},
        ],
    )
    mini.insert(
        "raw_shopify.refund_lines",
        [{"id": "rl1", "refund_id": "r1", "order_id": "thrice", "order_line_id": "l6", "quantity": 1, "restock_type": "RETURN",
          "is_restocked": True, "subtotal_amount": "10", "tax_amount": "0"}],
    )  # fmt: skip
    mini.insert(
        "raw_shopify.fulfillments",
        [{"id": "f1", "order_id": "never_read", "status": "SUCCESS", "created_at": AT, "updated_at": AT}],
    )
    mini.insert("raw_shopify.locations", [{"id": "7", "name": "Shop", "created_at": AT, "updated_at": AT}])
    mini.insert(
        "raw_shopify.inventory_levels",
        [
            level("fine", "i1", "7", 5, available=3, committed=2),
            level("below", "i2", "7", -2, available=-2),
            level("rest", "i3", "7", 6, available=3, reserved=1),  # two of them are in no state
            level("nothing", "i9", "7", 4, available=4),  # no variant is this item
            level("nowhere", "i4", "8", 3, available=3),  # no location is called so
        ],
    )
    mini.build(*WANTED, *STOCK)
    mini.dbt("test", "--select", "assert_order_reconciliation")
    return mini


def test_each_fault_is_listed_with_its_reason_and_amount(warehouse: MiniWarehouse):
    found = {
        (kind, key.removeprefix("shopify:")): amount
        for kind, key, amount in warehouse.rows(
            "select issue_type, document_key, issue_amount from marts.fct_data_quality_issues "
            "where issue_subject = 'orders'"
        )
    }
    assert found == {
        ("order_parts_do_not_add_up", "parts"): Decimal(5),
        ("order_lines_do_not_add_up", "lines"): Decimal(8),
        ("order_lines_do_not_add_up", "nothing"): Decimal(9),
        ("order_without_lines", "nothing"): Decimal(9),
        ("unknown_currency", "dinar"): Decimal(30),
        ("line_without_product", "l5"): Decimal(7),
        ("refunded_more_than_paid", "thrice"): Decimal(5),
        ("line_without_order", "l7"): Decimal(99),
        ("refund_without_order", "r2"): Decimal(3),
        ("payment_without_order", "t-never_read"): Decimal(99),
        ("fulfilment_without_order", "f1"): None,
    }


def test_faulty_orders_stay_in_the_facts_and_are_marked(warehouse: MiniWarehouse):
    found = {
        key: (has_issue, net_sales, total)
        for key, has_issue, net_sales, total in warehouse.rows(
            "select order_id, has_issue, net_sales_amount, total_amount from intermediate.int_orders__orders "
            "inner join intermediate.int_orders__order_facts using (order_key)"
        )
    }
    assert found == {
        "sound": (False, Decimal(20), Decimal(20)),
        "parts": (True, Decimal(20), Decimal(25)),
        "lines": (True, Decimal(12), Decimal(20)),
        "nothing": (True, Decimal(0), Decimal(9)),
        "dinar": (True, None, None),
        "unnamed": (True, Decimal(7), Decimal(7)),
        "thrice": (True, Decimal(0), Decimal(10)),
    }
    assert warehouse.rows("select count(*) from intermediate.int_orders__payments") == [(9,)]
    lines = dict(
        warehouse.rows("select order_line_key, missing_margin_reason from intermediate.int_orders__line_margins")
    )
    reasons = {"l4": "no_exchange_rate", "l5": "no_product"}
    assert lines == {f"shopify:l{number}": reasons.get(f"l{number}") for number in range(1, 7)}


def test_what_documents_leave_over_is_told_apart_from_what_would_be_ours(warehouse: MiniWarehouse):
    assert warehouse.rows(
        "select measure, order_currency_code, difference_amount, unexplained_amount from marts.fct_order_reconciliation "
        "where difference_amount <> 0 order by all"
    ) == [
        ("current_total", "USD", Decimal(-22), Decimal(0)),
        ("subtotal", "USD", Decimal(-17), Decimal(0)),
        ("total", "USD", Decimal(-22), Decimal(0)),
    ]


def test_each_fault_of_stock_is_listed_with_its_units(warehouse: MiniWarehouse):
    assert set(
        warehouse.rows(
            "select issue_type, document_key, sku, issue_quantity from marts.fct_data_quality_issues "
            "where issue_subject = 'inventory'"
        )
    ) == {
        ("negative_on_hand", "shopify:below:1", "CUP", -2),
        ("stock_states_do_not_add_up", "shopify:rest:1", "JAR", 2),
        ("level_of_unknown_variant", "shopify:nothing", None, 4),
        ("level_of_unknown_location", "shopify:nowhere", "POT", 3),
    }


def test_faulty_stock_stays_as_it_was_told(warehouse: MiniWarehouse):
    assert dict(warehouse.rows("select inventory_level_key, on_hand_quantity from marts.fct_inventory_levels")) == {
        "shopify:fine": 5,
        "shopify:below": -2,
        "shopify:rest": 6,
        "shopify:nothing": 4,
        "shopify:nowhere": 3,
    }
