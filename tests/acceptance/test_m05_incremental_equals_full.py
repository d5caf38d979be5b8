"""M05: what was built increment by increment, with late rows and rows told twice, is what one build of all gives.

Ids and what is remembered of former builds apart (a late, older record may not take an id away from those who have it):
partitions of random histories are held against builds from scratch in tests/models/test_identity_histories.py.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from tests.acceptance.mini import MiniWarehouse
from warehouse.content_hash import TableContent

WANTED = ("+fct_orders", "+fct_attribution", "+aud_cart_abandoners")
REMEMBERS = {
    "int_identity__customer_map",
    "int_identity__customer_map_intervals",
    "int_identity__merge_log",
    "int_inventory__level_history",
}
PEOPLE, INCREMENTS = 12, 2

Row = tuple[str, dict[str, Any]]


def happenings(random: Random) -> list[Row]:
    """(raw table, row) of a small shop, in the order of their time: accounts, then visits, orders and their lines."""
    rows: list[Row] = []
    for key in range(PEOPLE):
        at = f"2026-04-01 {key:02}:00:00"
        person = {"id": str(key), "first_name": f"Name{key}", "email": f"person{key}@example.com"}
        rows.append(("raw_shopify.customers", person | {"created_at": at, "updated_at": at}))
    for number in range(60):
        key, day = random.randrange(PEOPLE), f"2026-05-{1 + number // 3:02}"
        who = {"message_id": f"m{number}", "anonymous_id": f"device-{key}", "user_id": random.choice([None, str(key)])}
        times = dict.fromkeys(("timestamp", "received_at", "sent_at", "original_timestamp"), f"{day} 09:00:00")
        page = {"type": "page", "page_url": f"https://shop.example/?utm_source={random.choice(['google', 'bing'])}"}
        cart = {"type": "track", "event": "Product Added", "sku": "BLUE", "cart_id": f"c{number}", "price_amount": 10}
        rows.append(("raw_web_events.events", who | times | random.choice([page, cart])))
        if number % 3 == 0:
            at, worth = f"{day} 12:00:00", random.randint(5, 90)
            order = {"id": f"o{number}", "customer_id": str(key), "currency_code": "USD", "financial_status": "PAID"}
            order |= dict.fromkeys(("total_amount", "current_total_amount", "subtotal_amount"), worth)
            order |= {"is_test": False} | dict.fromkeys(("processed_at", "created_at", "updated_at"), at)
            line = {"id": f"l{number}", "order_id": f"o{number}", "sku": "RED", "quantity": 1, "current_quantity": 1}
            rows += [("raw_shopify.orders", order), ("raw_shopify.order_lines", line | {"original_unit_price": worth})]
    return rows


def land(mini: MiniWarehouse, rows: list[Row]) -> None:
    """As a landing merges: a row that is told again takes the place of the one before."""
    with duckdb.connect(str(mini.file)) as con:
        for table, row in rows:
            key = "message_id" if "message_id" in row else "id"
            con.execute(f"delete from {table} where {key} = ?", [row[key]])
    for table, row in rows:
        mini.insert(table, [row])


def built(mini: MiniWarehouse) -> dict[str, TableContent]:
    mini.build(*WANTED)
    return {name: content for name, content in mini.contents().items() if name not in REMEMBERS}


@pytest.mark.parametrize("seed", [5])
def test_increments_give_what_one_build_gives(
    seed: int, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    random = Random(seed)
    rows = happenings(random)
    accounts, rest = rows[:PEOPLE], rows[PEOPLE:]
    parts: list[list[Row]] = [list(accounts), *([] for _ in range(INCREMENTS - 1))]
    for row in rest:
        # Late: any increment may bring any day. Twice: some rows come with the next increment once more.
        part = random.randrange(INCREMENTS)
        parts[part].append(row)
        if random.random() < 0.3:
            parts[min(part + 1, INCREMENTS - 1)].append(row)
    mini = MiniWarehouse(tmp_path_factory.mktemp("m05"))
    states = []
    for part in parts:
        land(mini, part)
        states.append(built(mini))
    assert states[0]["fct_orders"] != states[-1]["fct_orders"]
    twin = MiniWarehouse(tmp_path_factory.mktemp("m05_twin"))
    land(twin, random.sample(rows, len(rows)))
    whole = built(twin)
    assert set(whole) == set(states[-1])
    assert len(whole) > 80
    assert "fct_attribution" in whole, "a view"
    assert {name for name in whole if whole[name] != states[-1][name]} == set()
    assert whole["fct_orders"].rows == 20
