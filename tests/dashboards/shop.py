"""A small shop with known totals, published as the pages expect it: tables made from the marts' own contracts.

dbt holds every mart to its contract, so a column that is renamed there breaks these pages' tests here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.conftest import ROOT

Rows = dict[str, list[dict[str, Any]]]

AS_OF = datetime.fromisoformat("2026-06-28 23:57")  # UTC: the last day, 28 June in New York, is not over
PUBLISHED_AT = datetime.fromisoformat("2026-06-29 04:30")


@cache
def contracts() -> dict[str, dict[str, str]]:
    """Mart -> column -> type, in the order of the YAML."""
    found = {}
    for path in sorted((ROOT / "dbt_project" / "models" / "marts").rglob("_*.yml")):
        for model in yaml.load(path.read_text(), yaml.CSafeLoader).get("models", []):
            found[model["name"]] = {column["name"]: column["data_type"] for column in model["columns"]}
    return found


def publish(home: Path, rows: Mapping[str, Iterable[Mapping[str, Any]]], without: Iterable[str] = ()) -> Path:
    """Write the marts with these rows (columns not named are null) and swap them in, as publishing does."""
    target = home / "published" / "marts.duckdb"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    unknown = set(rows) - set(contracts())
    assert not unknown, f"rows for marts without a contract: {unknown}"
    with duckdb.connect(str(partial)) as connection:
        connection.execute(
            "create table _build (build_id varchar, built_at timestamp, as_of timestamp, published_at timestamp, "
            "mart varchar, row_count bigint, content_hash varchar)"
        )
        for mart, columns in contracts().items():
            if mart in without:
                continue
            connection.execute(f"create table {mart} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
            given = list(rows.get(mart, ()))
            for row in given:
                connection.execute(
                    f"insert into {mart} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
                )
            connection.execute(
                "insert into _build values ('b1', ?, ?, ?, ?, ?, 'hash')",
                [PUBLISHED_AT, AS_OF, PUBLISHED_AT, mart, len(given)],
            )
    partial.replace(target)
    return target


def order(key: str, customer: str | None, channel: str, ordered_at: str, day: str, net: str, nth: int | None, **more):
    return {
        "order_key": key, "source_system": "shopify", "order_id": key, "order_name": f"#{key}", "customer_id": customer,
        "channel": channel, "order_status": "fulfilled", "currency_code": "USD", "quantity": 1,
        "customer_order_number": nth, "net_sales_amount": net, "total_amount": net, "refunded_amount": "0",
        "is_test": False, "is_cancelled": False, "is_return": False, "is_first_order": nth == 1, "ordered_at": ordered_at,
        "order_date": day, **more,
    }  # fmt: skip


def _orders() -> list[dict[str, Any]]:
    return [
        order("o1", "c_ada", "online", "2026-05-04 15:00", "2026-05-04", "100.00", 1),
        order("o2", "c_ben", "store", "2026-05-20 15:00", "2026-05-20", "200.00", 1, location_key="shop"),
        # 23:30 in New York: later in its day than the data run in theirs, so it is not in the 28 days to compare with
        order("o3", "c_ben", "online", "2026-06-01 03:30", "2026-05-31", "18.00", 2),
        order("o4", "c_ada", "store", "2026-06-02 15:00", "2026-06-02", "50.50", 2, location_key="shop"),
        order("o5", "c_ben", "online", "2026-06-10 15:00", "2026-06-10", "80.25", 3),
        order("o6", None, "store", "2026-06-15 15:00", "2026-06-15", "31.25", None, location_key="shop"),
        order("o7", "c_ada", "online", "2026-06-28 15:00", "2026-06-28", "20.00", 3),
        order("o8", "c_ada", "online", "2026-06-11 15:00", "2026-06-11", "999.00", None, is_test=True),
        order("o9", "c_ada", "online", "2026-06-12 15:00", "2026-06-12", "0.00", None, is_cancelled=True),
        order("o10", None, "store", "2026-06-16 15:00", "2026-06-16", "0.00", None, is_return=True),
    ]


def alike(channel: str, money: float) -> dict[str, dict[str, float]]:
    """Every model credits the same."""
    return {model: {channel: money} for model in ("first_touch", "last_touch", "linear")}


# order -> model -> channel -> credited money
CREDIT = {
    "o1": {"first_touch": {"paid_social": 100}, "last_touch": {"email": 100}, "linear": {"paid_social": 50, "email": 50}},
    "o2": alike("organic_search", 200),
    "o3": alike("direct", 18),
    "o4": {"first_touch": {"paid_social": 50.5}, "last_touch": {"email": 50.5}, "linear": {"paid_social": 25.25, "email": 25.25}},
    "o5": alike("direct", 80.25),
    "o6": alike("unattributed", 31.25),
    "o7": alike("unattributed", 20),
}  # fmt: skip

SIGN_UP_CREDIT = {
    "first_touch": {"paid_social": "1"}, "last_touch": {"email": "1"}, "linear": {"paid_social": "0.25", "email": "0.75"},
}  # fmt: skip


def _attribution() -> list[dict[str, Any]]:
    days = {one["order_key"]: one["order_date"] for one in _orders()}
    orders = [
        {
            "attribution_key": f"{key} {model} {channel}", "conversion_id": key, "conversion_type": "order",
            "attribution_model": model, "channel": channel, "currency_code": "USD", "attributed_revenue": str(money),
            "credit": str(round(money / sum(shares.values()), 12)), "converted_date": days[key],
        }
        for key, models in CREDIT.items() for model, shares in models.items() for channel, money in shares.items()
    ]  # fmt: skip
    sign_ups = [
        {
            "attribution_key": f"c_ada:email {model} {channel}", "conversion_id": "c_ada:email",
            "conversion_type": "sign_up", "attribution_model": model, "channel": channel, "currency_code": "USD",
            "attributed_revenue": "0", "credit": credit, "converted_date": "2026-06-01",
        }
        for model, shares in SIGN_UP_CREDIT.items() for channel, credit in shares.items()
    ]  # fmt: skip
    return orders + sign_ups


def line(key: str, sku: str, day: str, quantity: int, *, is_test: bool = False) -> dict[str, Any]:
    return {
        "order_line_key": f"{key} {sku}", "order_key": key, "sku": sku, "quantity": quantity, "order_date": day,
        "is_test": is_test, "is_cancelled": False,
    }  # fmt: skip


def _levels() -> list[dict[str, Any]]:
    held = (("TEE", "warehouse", 12, 10, 6), ("TEE", "shop", 5, 4, 0), ("HAT", "warehouse", 1, 0, 0),
            ("SOCK", "warehouse", 50, 50, 0))  # fmt: skip
    return [
        {
            "inventory_level_key": f"{sku} {place}", "sku": sku, "location_key": place, "on_hand_quantity": on_hand,
            "available_quantity": available, "incoming_quantity": incoming,
        }
        for sku, place, on_hand, available, incoming in held
    ]  # fmt: skip


def told(run: str, destination: str, audience: str, customer: str, action: str, status: str, at: str) -> dict[str, Any]:
    return {
        "sync_record_key": f"{run} {customer}", "sync_run_id": run, "batch_id": run, "destination": destination,
        "audience": audience, "customer_id": customer, "action": action, "status": status, "recorded_at": at,
        "reason": "invalid_address" if status == "rejected" else None,
    }  # fmt: skip


RECORDS = [
    told("r1", "klaviyo", "cart_abandoners", "c_old", "add", "acknowledged", "2026-06-26 08:00"),
    told("r1", "klaviyo", "cart_abandoners", "c_ben", "add", "acknowledged", "2026-06-26 08:00"),
    told("r1", "klaviyo", "cart_abandoners", "c_cy", "add", "acknowledged", "2026-06-26 08:00"),
    told("r2", "klaviyo", "cart_abandoners", "c_ben", "remove", "acknowledged", "2026-06-27 08:00"),
    told("r2", "klaviyo", "cart_abandoners", "c_cy", "remove", "rejected", "2026-06-27 08:00"),
    told("r3", "meta", "lapsed_best_customers", "c_ben", "add", "accepted_unverified", "2026-06-27 09:00"),
]


def _runs() -> list[dict[str, Any]]:
    runs = []
    for run in ("r1", "r2", "r3"):
        mine = [record for record in RECORDS if record["sync_run_id"] == run]
        runs.append(
            {
                "sync_run_key": run, "sync_run_id": run, "destination": mine[0]["destination"],
                "audience": mine[0]["audience"], "batch_count": 1, "sent_count": len(mine),
                **{
                    f"{name}_count": sum(record["action"] == action for record in mine)
                    for name, action in (("add", "add"), ("update", "update"), ("removal", "remove"))
                },
                "unverified_count": sum(record["status"] == "accepted_unverified" for record in mine),
                "rejected_count": sum(record["status"] == "rejected" for record in mine),
                "last_recorded_at": mine[0]["recorded_at"],
            }
        )  # fmt: skip
    return runs


def customer(customer_id: str, orders: int, net: str, first: str, last: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id, "customer_type": "person", "country_code": "US", "region_code": "IL",
        "email_consent_status": "granted", "sms_consent_status": "unknown", "record_count": 3,
        "source_system_count": 2, "account_count": 1, "guest_checkout_count": 1, "profile_count": 1,
        "visitor_count": 0, "order_count": orders, "currency_code": "USD", "net_sales_amount": net,
        "first_order_date": first, "last_order_date": last,
    }  # fmt: skip


def identifier(customer_id: str, record: str, kind: str, value: str, refused: str | None = None) -> dict[str, Any]:
    return {
        "customer_identifier_key": f"{record} {kind} {value}", "customer_id": customer_id, "record_key": record,
        "source_system": record.partition(":")[0], "identifier_type": kind, "identifier_hash": value * 16,
        "is_accepted": refused is None, "refused_reason": refused, "first_seen_at": "2026-05-01 08:00",
        "last_seen_at": "2026-06-01 08:00",
    }  # fmt: skip


def touch(touchpoint: str, customer_id: str, channel: str, at: str) -> dict[str, Any]:
    return {
        "touchpoint_id": touchpoint, "customer_id": customer_id, "touch_type": "visit", "channel": channel,
        "source": "somewhere", "touched_at": at,
    }  # fmt: skip


def ads(model: str, platform: str, campaign: str, money: tuple[int, int, int], new_customers: int) -> dict[str, Any]:
    """``money``: spend, credited net sales, what the platform claims."""
    spend, credited, claimed = money
    return {
        "ad_performance_key": f"{model} {platform} {campaign}", "platform": platform, "campaign": campaign,
        "attribution_model": model, "currency_code": "USD", "spend_amount": spend, "credited_revenue": credited,
        "credited_orders": 1, "credited_new_customers": new_customers, "claimed_amount": claimed,
        "performance_date": "2026-06-10",
    }  # fmt: skip


def reconciled(measure: str, day: str, ours: str, theirs: str, flagged: str = "0", gap: str = "0") -> dict[str, Any]:
    difference = float(ours) - float(theirs)
    return {
        "source_system": "shopify", "channel": "online", "measure": measure, "document_date": day,
        "order_currency_code": "USD", "mart_amount": ours, "document_amount": theirs, "difference_amount": difference,
        "flagged_amount": flagged, "unexplained_amount": difference - float(flagged), "dating_gap_amount": gap,
    }  # fmt: skip


def moved(kind: str, quantity: int, at: str) -> dict[str, Any]:
    return {"sku": "TEE", "location_key": "shop", "movement_type": kind, "quantity": quantity, "occurred_at": at}


_ALL: Rows = {
    "fct_orders": _orders(),
    "fct_attribution": _attribution(),
    "fct_order_lines": [
        line("o5", "TEE", "2026-06-10", 20),
        line("o4", "TEE", "2026-06-02", 8),
        line("o6", "HAT", "2026-05-31", 14),
        line("o7", "TEE", "2026-06-28", 5),  # the day that is not over
        line("o2", "TEE", "2026-05-30", 100),  # a day before the 28
        line("o8", "SOCK", "2026-06-11", 7, is_test=True),
    ],
    "fct_inventory_levels": _levels(),
    "dim_locations": [
        {"location_key": "warehouse", "location_name": "Main warehouse"},
        {"location_key": "shop", "location_name": "Pier shop"},
    ],
    "dim_products": [
        {"variant_key": f"v:{sku}", "sku": sku, "product_title": sku.title(), "variant_title": "One size"}
        for sku in ("TEE", "HAT", "SOCK")
    ],
    "dim_customers": [
        customer("c_ada", 3, "170.50", "2026-05-04", "2026-06-28"),
        customer("c_ben", 3, "298.25", "2026-05-20", "2026-06-10"),
    ],
    "bridge_customer_identifiers": [
        identifier("c_ada", "shopify:secret-record", "email", "1a2b"),
        identifier("c_ada", "klaviyo:secret-record", "email", "1a2b"),
        identifier("c_ada", "shopify:secret-record", "phone", "3c4d", "shared_device"),
        identifier("c_device", "web_events:secret-record", "anonymous_id", "5e6f"),
    ],
    "fct_customer_merges": [
        {
            "customer_merge_key": "1",
            "from_customer_id": "c_old",
            "to_customer_id": "c_ada",
            "change_type": "merge",
            "assignment_number": 2,
            "changed_at": "2026-06-20 12:00",
        }
    ],
    "fct_touchpoints": [
        touch("t1", "c_ada", "paid_social", "2026-05-03 10:00"),
        touch("t2", "c_ada", "email", "2026-06-01 10:00"),
        touch("t3", "c_device", "direct", "2026-06-02 10:00"),
    ],
    "fct_sync_records": RECORDS,
    "fct_sync_runs": _runs(),
    "fct_ad_performance": [
        ads("linear", "meta", "spring", (100, 150, 300), 4),
        ads("linear", "meta", "cart", (50, 0, 60), 0),
        ads("linear", "google", "brand", (0, 75, 0), 1),
        ads("last_touch", "meta", "spring", (100, 999, 300), 4),
    ],
    "fct_inventory_movements": [
        moved("sale", -2, "2026-06-10 12:00"),
        moved("sale", -9, "2026-06-28 12:00"),  # the day that is not over
        moved("count", -1, "2026-06-10 12:00"),
    ],
    "fct_order_reconciliation": [
        reconciled("total", "2026-06-01", "120.00", "100.00", flagged="20.00", gap="5.00"),
        reconciled("total", "2026-06-02", "80.00", "80.00", gap="-5.00"),
        reconciled("refunds", "2026-06-02", "10.00", "12.00"),
    ],
    "fct_data_quality_issues": [
        {
            "issue_key": str(number),
            "issue_subject": "orders" if amount else "inventory",
            "issue_type": kind,
            "source_system": "shopify",
            "document_key": f"shopify:{number}",
            "issue_amount": amount,
            "issue_quantity": None if amount else -2,
            "occurred_date": day,
        }
        for number, (kind, amount, day) in enumerate(
            (
                ("line_without_product", "7.00", "2026-06-01"),
                ("line_without_product", "3.00", "2026-06-09"),
                ("unknown_currency", "30.00", "2026-06-02"),
                ("negative_on_hand", None, "2026-06-03"),
            )
        )
    ],
    "bridge_skus": [
        {
            "variant_key": f"{system}:{sku}",
            "source_system": system,
            "sku": sku,
            "match_status": status,
            "is_catalogued": True,
        }
        for system, sku, status in (
            ("shopify", "TEE", "matched"),
            ("square", "TEE", "matched"),
            ("shopify", "HAT", "in_one_channel_only"),
        )
    ],
    "fct_available_to_promise": [
        {"sku": "TEE", "location_key": place, "channel": channel, "atp_quantity": units}
        for place, channel, units in (("warehouse", "online", 8), ("warehouse", "store", 2), ("shop", "store", 4))
    ],
}
SHOP: Rows = {mart: rows for mart, rows in _ALL.items() if mart in contracts()}


def changed(**marts: list[dict[str, Any]]) -> Rows:
    """The shop with some marts' rows replaced."""
    return {**copy.deepcopy(SHOP), **marts}
