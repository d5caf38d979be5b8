"""N6: one query goes from an acknowledged add to orders, net sales, margin and lift share, and loses or doubles no cent."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.conftest import Road, Walk

WINDOW = timedelta(days=28)
START = datetime.fromisoformat("2026-04-01")
RECORD = {
    "sync_record_key": "string", "audience": "string", "destination": "string", "customer_id": "string",
    "action": "string", "status": "string", "consent_as_of": "timestamp", "recorded_at": "timestamp",
}  # fmt: skip
ORDER = {
    "order_key": "string", "customer_id": "string", "currency_code": "string", "net_sales_amount": "decimal(18, 4)",
    "margin_amount": "decimal(18, 4)", "is_test": "boolean", "ordered_at": "timestamp", "order_date": "date",
}  # fmt: skip
LIFT = {
    "audience": "string", "window_days": "bigint", "missing_interval_reason": "string", "lift_share": "decimal(18, 6)",
    "holdout_share": "decimal(18, 6)", "last_assigned_at": "timestamp",
}  # fmt: skip
FOR_ONE_ADD = """
select
    count(order_key) as orders,
    coalesce(sum(claimed_net_sales_amount), 0) as net_sales,
    coalesce(sum(claimed_margin_amount), 0) as margin,
    max(lift_share) as lift_share
from fct_sync_revenue
where sync_record_key = ?
"""


@pytest.fixture
def sql(road: Road, first: Walk) -> Iterator[BuiltSql]:
    with built_sql(road.home) as built:
        yield built


def made(choice: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Operations and orders of a few customers, so that they meet often."""
    records, orders = [], []
    for number in range(400):
        at = START + timedelta(hours=choice.randrange(60 * 24))
        values = (
            f"s{number:03d}", choice.choice("abc"), choice.choice(["klaviyo", "meta"]), f"c{choice.randrange(30)}",
            choice.choice(["add", "add", "update", "remove"]),
            choice.choice(["acknowledged", "accepted_unverified", "rejected"]), at, datetime.fromisoformat("2027-01-01"),
        )  # fmt: skip
        records.append(dict(zip(RECORD, values, strict=True)))
    for number in range(600):
        at = START + timedelta(hours=choice.randrange(90 * 24), seconds=1)
        money = Decimal(choice.randrange(1, 30_000)) / 100
        margin = None if choice.random() < 0.1 else money * Decimal("0.37")
        values = (
            f"o{number:03d}",
            f"c{choice.randrange(35)}",
            "USD",
            money,
            margin,
            choice.random() < 0.05,
            at,
            at.date(),
        )
        orders.append(dict(zip(ORDER, values, strict=True)))
    return records, orders


def load(sql: BuiltSql, records: list[dict[str, Any]], orders: list[dict[str, Any]]) -> None:
    sql.table("fct_sync_records", RECORD, records)
    sql.table("fct_orders", ORDER, [{**order, "margin_amount": order["margin_amount"]} for order in orders])
    sql.table("fct_audience_lift", LIFT, [
        {"audience": "a", "window_days": 28, "lift_share": Decimal("0.25"), "holdout_share": Decimal("0.1")},
        {"audience": "a", "window_days": 7, "lift_share": Decimal("0.9"), "holdout_share": Decimal("0.1")},
        {"audience": "b", "window_days": 28, "lift_share": Decimal("0.5"), "missing_interval_reason": "too few buyers"},
    ])  # fmt: skip
    known = [{"record_key": f"r{n}", "customer_id": f"c{n}"} for n in range(1, 35)]  # c0 is called c1 by now
    sql.table("int_identity__record_customers", {"record_key": "string", "customer_id": "string"},
              [*known, {"record_key": "r0", "customer_id": "c1"}])  # fmt: skip
    sql.table("int_identity__customer_map", {"record_key": "string", "customer_id": "string"},
              [*known, {"record_key": "r0", "customer_id": "c0"}, {"record_key": "r0", "customer_id": "c1"}])  # fmt: skip
    for name in ("fct_sync_records", "fct_orders", "fct_audience_lift"):
        sql.connection.execute(f"create or replace view marts.{name} as from intermediate.{name}")


def expected(records: list[dict[str, Any]], orders: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Order -> the operations before it: the latest of each audience at each destination."""
    found: dict[str, list[dict[str, Any]]] = {}
    for order in orders:
        latest: dict[tuple[str, str], dict[str, Any]] = {}
        for record in records:
            customer = {"c0": "c1"}.get(record["customer_id"], record["customer_id"])
            if record["action"] != "add" or record["status"] == "rejected" or customer != order["customer_id"]:
                continue
            if not record["consent_as_of"] < order["ordered_at"] <= record["consent_as_of"] + WINDOW:
                continue
            place = (record["audience"], record["destination"])
            if place not in latest or record["consent_as_of"] > latest[place]["consent_as_of"]:
                latest[place] = record
        found[order["order_key"]] = list(latest.values())
    return found


@pytest.mark.parametrize("seed", range(4))
def test_each_order_is_beside_the_operations_before_it(sql: BuiltSql, seed: int) -> None:
    records, orders = made(random.Random(seed))
    load(sql, records, orders)
    sql.build("fct_sync_revenue")
    told = defaultdict(list)
    for order_key, audience, destination, at, share in sql.rows(
        "select order_key, audience, destination, added_at, lift_share from marts.fct_sync_revenue "
        "where order_key is not null and sync_record_key is not null"
    ):
        told[order_key].append((audience, destination, at))
        assert share == (Decimal("0.25") if audience == "a" else None)
    wanted = expected(records, [order for order in orders if not order["is_test"]])
    for order_key, operations in wanted.items():
        assert sorted(told[order_key]) == sorted(
            (one["audience"], one["destination"], one["consent_as_of"]) for one in operations
        )
    assert max(map(len, wanted.values())) >= 4
    assert sql.rows(sql.sql("assert_sync_revenue_is_the_orders_money")) == []
    ((adds, distinct),) = sql.rows(
        "select count(distinct sync_record_key), count(distinct sync_revenue_key) - count(*) from marts.fct_sync_revenue"
    )
    assert adds == sum(one["action"] == "add" and one["status"] != "rejected" for one in records)
    assert distinct == 0
    parts = sql.rows(
        "select max(net_sales_amount) - min(net_sales_amount) from marts.fct_sync_revenue where operation_count > 1 "
        "group by order_key"
    )
    assert max(spread for (spread,) in parts) <= Decimal("0.0001")


def test_the_check_finds_a_lost_cent(sql: BuiltSql) -> None:
    load(sql, *made(random.Random(9)))
    sql.build("fct_sync_revenue")
    sql.connection.execute(
        "update marts.fct_sync_revenue set net_sales_amount = net_sales_amount - 0.01 where sync_revenue_key = "
        "(select min(sync_revenue_key) from marts.fct_sync_revenue where order_key is not null)"
    )
    sql.connection.execute(
        "delete from marts.fct_sync_revenue where sync_record_key = "
        "(select min(sync_record_key) from marts.fct_sync_revenue where order_key is null)"
    )
    assert len(sql.rows(sql.sql("assert_sync_revenue_is_the_orders_money"))) == 2


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
def test_on_the_road_the_ledgers_totals_are_the_marts(walk_name: str, request: pytest.FixtureRequest) -> None:
    walk: Walk = request.getfixturevalue(walk_name)
    with walk.marts() as con:
        ((money, margin),) = con.sql(
            "select sum(net_sales_amount), sum(margin_amount) from fct_sync_revenue"
        ).fetchall()
        ((daily,),) = con.sql("select sum(net_sales_amount) from fct_daily_sales").fetchall()
        ((orders, costed),) = con.sql(
            "select sum(net_sales_amount), sum(margin_amount) from fct_orders where not is_test"
        ).fetchall()
        adds = con.sql(
            "select sync_record_key from fct_sync_records where action = 'add' and status <> 'rejected'"
        ).fetchall()
        known = con.sql("select distinct sync_record_key from fct_sync_revenue where sync_record_key is not null")
        assert {key for (key,) in known.fetchall()} == {key for (key,) in adds}
    assert len(adds) > 500
    assert money == orders == daily
    assert margin == costed


def test_on_the_road_any_add_leads_to_its_orders(next_day: Walk) -> None:
    """Of customers whose id a merge has changed since, to those of the id that stayed."""
    with next_day.marts() as con:
        operations = con.sql(
            "select distinct records.sync_record_key, records.customer_id, revenue.customer_id, consent_as_of, "
            "records.audience, records.destination from fct_sync_records as records "
            "inner join fct_sync_revenue as revenue using (sync_record_key) "
            "where build_id <> (select max(build_id) from fct_sync_records)"
        ).fetchall()
        told = con.sql("select distinct sync_record_key, customer_id, audience, destination, added_at "
                       "from fct_sync_revenue where sync_record_key is not null").fetchall()  # fmt: skip
        merged = con.sql("select from_customer_id, to_customer_id from fct_customer_merges").fetchall()
        bought = 0
        for key, customer, current, at, *place in operations:
            assert customer == current or (customer, current) in merged
            orders, net_sales, margin, lift_share = con.execute(FOR_ONE_ADD, [key]).fetchall()[0]
            assert lift_share is None, "no window of 28 days is over"
            if any(one == current and [*where] == place and when > at for _, one, *where, when in told):
                continue  # told again since: what came after is the later operation's
            wanted = con.execute(
                "select count(*), coalesce(sum(net_sales_amount), 0), coalesce(sum(margin_amount), 0) from fct_orders "
                "where customer_id = ? and ordered_at > ? and not is_test", [current, at]
            ).fetchall()[0]  # fmt: skip
            assert (orders, net_sales, margin) == wanted
            bought += orders
    assert bought > 0, "nobody who was told bought a day later"
