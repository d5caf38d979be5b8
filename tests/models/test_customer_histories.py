"""Customer marts over random histories: the models' own SQL, run on small made-up tables, against the rules in Python.

What holds for every history is stated here; single cases are dbt unit tests beside the models.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.models.conftest import PROJECT

MODELS = {
    "int_consent__current": "intermediate/consent",
    "fct_customer_consents": "marts/customers",
    "fct_orders": "marts/orders",
    "fct_customer_value": "marts/customers",
    "fct_customer_cohorts": "marts/customers",
}
COLUMN = re.compile(r",\s*(?![^(]*\))")
BETWEEN = "\n-- next model --\n"
DAY_0 = datetime(2026, 1, 1, 12)  # noqa: DTZ001  (UTC without zone, as in the warehouse)
LAST_DAY = 120
WINDOWS = (30, 60, 90, 180, 365)
# A failure is shown as it was found: to shrink it takes minutes, and the histories are short anyway.
fast = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def sql(compiled: Callable[[str], str]) -> dict[str, str]:
    texts = [(PROJECT / "models" / folder / f"{name}.sql").read_text() for name, folder in MODELS.items()]
    return dict(zip(MODELS, compiled(BETWEEN.join(texts)).split(BETWEEN.strip()), strict=True))


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'; attach ':memory:' as warehouse; create schema warehouse.intermediate")
        yield con


def table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple], empty: str = "") -> None:
    """Replace a table of the intermediate schema; ``columns`` and ``empty`` (columns without a value) are SQL."""
    con.execute(f"create or replace table warehouse.intermediate.{name} ({columns}{empty})")
    if rows:
        literals = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        names = ", ".join(column.split()[0] for column in COLUMN.split(columns))
        con.execute(f"insert into warehouse.intermediate.{name} ({names}) values {literals}")


def literal(value: Any) -> str:
    if value is None or isinstance(value, bool | int | Decimal):
        return "null" if value is None else str(value)
    return f"'{value}'"


def at(day: int) -> datetime:
    return DAY_0 + timedelta(days=day)


statement = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from(["granted", "denied"]),
    st.one_of(st.none(), st.integers(0, 4)),
    st.integers(0, 10**6),
)
STATEMENT = (
    "customer_id varchar, channel varchar, purpose varchar, consent_status varchar, evidence_id varchar, "
    "policy_version varchar, record_key varchar, statement_key varchar, changed_at timestamp"
)


def said(customer: str, status: str, day: int | None, key: int) -> tuple:
    name = f"s{key:07}"
    return (customer, "email", "marketing", status, name, "v1", "r", name, None if day is None else at(day))


@fast
@given(statements=st.lists(statement, max_size=12, unique_by=lambda one: one[3]))
def test_consent_as_of_any_time_is_todays_rule_on_what_was_said_by_then(
    statements: list[tuple], sql: dict[str, str], database: duckdb.DuckDBPyConnection
) -> None:
    """The history's row at a time, and the rule that audiences use, asked of the statements up to that time."""
    days = range(-1, 6)
    table(database, "int_identity__customers", "customer_id varchar", [("a",), ("b",)])
    table(database, "int_consent__statements", STATEMENT, [said(*one) for one in statements])
    history = database.sql(
        f"select customer_id, evidence_id, consent_status, valid_from, valid_to, is_current "
        f"from ({sql['fct_customer_consents']})"
    ).fetchall()
    replayed = [
        said(f"{customer}{day}", status, when, key)
        for day in days
        for customer, status, when, key in statements
        if when is None or when <= day
    ]
    table(database, "int_consent__statements", STATEMENT, replayed)
    rule = set(database.sql(f"select customer_id, evidence_id from ({sql['int_consent__current']})").fetchall())
    found = [
        (f"{customer}{day}", evidence)
        for customer, evidence, _, begins, ends, _ in history
        for day in days
        if (begins is None or begins <= at(day)) and (ends is None or at(day) < ends)
    ]
    assert len(found) == len(set(found))
    assert set(found) == rule
    assert {row[0] for row in history if row[5]} == {customer for customer, *_ in statements}


RECORDS = ["r1", "r2", "r3", "r4", "r5", "r6"]
CUSTOMERS = ["c1", "c2", "c3", "c4", "c5"]
order = st.tuples(
    st.sampled_from([*RECORDS, "r9"]),
    st.sampled_from([*range(0, LAST_DAY, 9), 30, 31, 60, 61, 90, 91, LAST_DAY]),
    st.sampled_from(["counted"] * 5 + ["test", "cancelled", "return"]),
    st.integers(-5, 50),
)
ORDER = (
    "order_key varchar, record_key varchar, is_test boolean, is_cancelled boolean, is_return boolean, "
    "net_sales_amount decimal(18, 4), ordered_at timestamp, order_date date"
)
UNTOLD = "".join(
    f", {name} {kind}"
    for kind, names in {
        "varchar": "source_system order_id order_name channel location_key order_status financial_status "
        "fulfilment_status order_currency_code currency_code cancel_reason presentment_currency_code exchange_rate_source",
        "bigint": "line_count quantity",
        "decimal(18, 4)": "exchange_rate gross_amount discount_amount refunded_line_amount removed_amount "
        "cancelled_amount tax_amount shipping_amount tip_amount service_charge_amount gift_card_amount total_amount "
        "added_amount refunded_amount presentment_total_amount",
        "timestamp": "created_at paid_at fulfilled_at cancelled_at updated_at",
        "date": "exchange_rate_date",
        "boolean": "is_edited is_tax_included",
    }.items()
    for name in names.split()
)
"""Columns of an order that customers are not counted by."""
FACTS = (
    "order_key varchar, parcel_count bigint, fulfilment_method varchar, missing_margin_reason varchar, "
    "is_split_shipment boolean, is_returned_in_store boolean, has_exchange boolean, has_issue boolean, "
    "net_payment_amount decimal(18, 4), gift_card_redeemed_amount decimal(18, 4), cost_amount decimal(18, 4), "
    "margin_amount decimal(18, 4)"
)
histories = st.one_of(st.lists(order, max_size=3), *[st.lists(order, min_size=12, max_size=25)] * 4)
owners = st.fixed_dictionaries({record: st.sampled_from(CUSTOMERS) for record in RECORDS})
types = st.fixed_dictionaries({c: st.sampled_from(["person", "person", "person", "household"]) for c in CUSTOMERS})


def land(
    con: duckdb.DuckDBPyConnection, orders: list[tuple], owner: dict[str, str], kinds: dict[str, str]
) -> list[dict[str, Any]]:
    """Put the tables that the marts read in place; the orders with their customers, as Python sees them."""
    told = [
        {
            "order_key": f"o{number:03}",
            "record_key": record,
            "customer_id": owner.get(record),
            "is_test": kind == "test",
            "is_cancelled": kind == "cancelled",
            "is_return": kind == "return",
            "net_sales_amount": Decimal(0 if kind == "cancelled" else -amount if kind == "return" else amount),
            "ordered_at": at(day),
            "order_date": at(day).date(),
        }
        for number, (record, day, kind, amount) in enumerate(orders)
    ]
    columns = [column.split()[0] for column in COLUMN.split(ORDER)]
    table(con, "int_orders__orders", ORDER, [tuple(o[column] for column in columns) for o in told], UNTOLD)
    table(con, "int_orders__order_facts", FACTS, [])
    table(con, "int_identity__record_customers", "record_key varchar, customer_id varchar", list(owner.items()))
    emails = [(record, "email", f"{record}@example.com") for record in RECORDS]
    table(
        con,
        "int_identity__record_identifiers",
        "record_key varchar, identifier_type varchar, contact_value varchar",
        emails,
    )
    table(con, "int_identity__customers", "customer_id varchar, customer_type varchar", list(kinds.items()))
    table(con, "int_as_of", "as_of timestamp", [(at(LAST_DAY),)])
    totals = []
    for customer in kinds:
        own = [o for o in told if o["customer_id"] == customer and not o["is_test"] and not o["is_cancelled"]]
        dates = [o["order_date"] for o in own if not o["is_return"]]
        if own:
            net = sum(o["net_sales_amount"] for o in own)
            totals.append((customer, len(dates), net, min(dates, default=None), max(dates, default=None)))
    table(
        con,
        "int_customers__orders",
        "customer_id varchar, order_count bigint, net_sales_amount decimal(18, 4), first_order_date date, "
        "last_order_date date",
        totals,
    )
    table(
        con,
        "int_customers__predicted_value",
        "customer_id varchar, expected_365d_orders double, expected_365d_amount decimal(18, 4), "
        "purchase_365d_probability double",
        [],
    )
    return told


def counted(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [o for o in told if o["customer_id"] and not o["is_test"] and not o["is_cancelled"] and not o["is_return"]]


def rows(con: duckdb.DuckDBPyConnection, text: str) -> list[dict[str, Any]]:
    found = con.sql(text)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@fast
@given(orders=histories, owner=owners, kinds=types, merged=st.sampled_from(["c2", "c3"]))
def test_new_or_returning_over_the_whole_history_and_after_a_merge(
    orders: list[tuple],
    owner: dict[str, str],
    kinds: dict[str, str],
    merged: str,
    sql: dict[str, str],
    database: duckdb.DuckDBPyConnection,
) -> None:
    """A person has one first order, however many persons the records were taken for before."""
    for owned in (owner, {record: "c1" if c == merged else c for record, c in owner.items()}, owner):
        told = land(database, orders, owned, kinds)
        expected: dict[str, tuple[int | None, bool | None]] = {o["order_key"]: (None, None) for o in told}
        for customer in kinds:
            own = [o for o in counted(told) if o["customer_id"] == customer]
            for number, o in enumerate(sorted(own, key=lambda o: (o["ordered_at"], o["order_key"])), 1):
                expected[o["order_key"]] = (number, number == 1)
        found = rows(database, sql["fct_orders"])
        assert {r["order_key"]: (r["customer_order_number"], r["is_new_customer"]) for r in found} == expected
        assert all(r["is_first_order"] == (r["is_new_customer"] is True) for r in found)


@fast
@given(orders=histories, owner=owners, kinds=types)
def test_scores_and_windows_of_customers(
    orders: list[tuple],
    owner: dict[str, str],
    kinds: dict[str, str],
    sql: dict[str, str],
    database: duckdb.DuckDBPyConnection,
) -> None:
    told = land(database, orders, owner, kinds)
    found = rows(database, sql["fct_customer_value"])
    assert {r["customer_id"] for r in found} == {o["customer_id"] for o in counted(told)}
    measures = {
        "recency_score": "last_order_date",
        "frequency_score": "order_count",
        "monetary_score": "net_sales_amount",
    }
    for r in found:
        peers = [other for other in found if other["customer_type"] == r["customer_type"]]
        for score, measure in measures.items():
            worse = sum(other[measure] < r[measure] for other in peers)
            assert r[score] == 1 + 5 * worse // len(peers)
        own = [o for o in told if o["customer_id"] == r["customer_id"] and not o["is_test"] and not o["is_cancelled"]]
        for days in WINDOWS:
            within = [o for o in own if (o["order_date"] - r["first_order_date"]).days <= days]
            assert r[f"ltv_{days}d_amount"] == sum(o["net_sales_amount"] for o in within)
            assert r[f"is_ltv_{days}d_mature"] == ((at(LAST_DAY).date() - r["first_order_date"]).days > days)


def month(day: date, later: int = 0) -> date:
    months = day.year * 12 + day.month - 1 + later
    return date(months // 12, months % 12 + 1, 1)


@fast
@given(orders=histories, owner=owners, kinds=types)
def test_cohorts_by_customer_and_by_email(
    orders: list[tuple],
    owner: dict[str, str],
    kinds: dict[str, str],
    sql: dict[str, str],
    database: duckdb.DuckDBPyConnection,
) -> None:
    told = land(database, orders, owner, kinds)
    found = rows(database, sql["fct_customer_cohorts"])
    expected = {}
    for basis, name in (("customer", "customer_id"), ("email", "record_key")):
        bought: dict[str, dict[date, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
        for o in counted(told):
            bought[o[name]][month(o["order_date"])].append(o["net_sales_amount"])
        for first in {min(months) for months in bought.values()}:
            cohort = [months for months in bought.values() if min(months) == first]
            later = 0
            while month(first, later) <= month(at(LAST_DAY).date()):
                active = [months[month(first, later)] for months in cohort if month(first, later) in months]
                expected[basis, first, later] = (
                    len(cohort),
                    len(active),
                    sum(map(len, active)),
                    sum(map(sum, active)),
                    month(first, later + 1) <= at(LAST_DAY).date(),
                )
                later += 1
    shown = ("customer_count", "active_customer_count", "order_count", "net_sales_amount", "is_mature")
    assert {
        (r["identity_basis"], r["cohort_date"], r["month_number"]): tuple(r[c] for c in shown) for r in found
    } == expected, json.dumps(orders)
