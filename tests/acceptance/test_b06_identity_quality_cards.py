"""B06: the ratios that tell an over-merge exist as checks, and the shop's own junk fails them once the guards are gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.conftest import Road, Walk

CHECK = "assert_identity_within_thresholds"
CARDS = {
    "customers_with_many_given_names",
    "customers_with_many_family_names",
    "customers_with_many_postal_codes",
    "customers_with_conflicts",
    "customers_of_one_record",
    "most_given_names",
    "most_family_names",
    "largest_cluster",
    "refused_identifiers",
    "records_without_identifier",
}
MOST = ("most_given_names", "most_family_names")
READ = ("rules", "records", "record_customers", "customers", "identifiers", "guarded_identifiers", "record_identifiers")


@pytest.fixture(scope="module")
def sql(road: Road, first: Walk) -> Iterator[BuiltSql]:
    """The walked shop's identity, in memory."""
    with built_sql(road.home) as built:
        file = first.folder / "warehouse.duckdb"
        built.seed(file, "identity_quality_thresholds")
        built.connection.execute(f"attach '{file}' as walked (read_only)")
        for name in READ:
            table = f"intermediate.int_identity__{name}"
            built.connection.execute(f"create table {table} as from walked.{table}")
        yield built


@pytest.fixture(scope="module")
def check(road: Road) -> dict[str, Any]:
    """The test's node as dbt knows it."""
    manifest = json.loads((road.home / "dbt" / "manifest.json").read_text())
    return next(node for node in manifest["nodes"].values() if node["name"] == CHECK)


def cards(sql: BuiltSql) -> dict[str, bool]:
    sql.build("int_identity__customer_spread", "fct_identity_quality")
    return dict(sql.rows("select card, is_within_threshold from marts.fct_identity_quality"))


def verdict(sql: BuiltSql, check: dict[str, Any]) -> str:
    """What dbt makes of the check's rows, by the check's own configuration."""
    config = check["config"]
    failures = sql.rows(f"select {config['fail_calc']} from ({sql.sql(CHECK)})")[0][0]
    for outcome, condition in (("error", config["error_if"]), ("warn", config["warn_if"])):
        if sql.rows(f"select {failures} {condition}")[0][0]:
            return outcome
    return "pass"


def test_the_shop_as_it_was_built_is_within_all(sql: BuiltSql, check: dict[str, Any], first: Walk) -> None:
    with first.marts() as con:
        published = con.sql("select card, is_within_threshold from fct_identity_quality").fetchall()
        steps = con.sql("select count(*) from fct_identity_quality where next_step = '' or description = ''").fetchall()
    assert {card for card, _ in published} == CARDS
    assert cards(sql) == dict(published)
    assert all(is_within for _, is_within in published)
    assert verdict(sql, check) == "pass"
    assert steps == [(0,)]


@pytest.mark.parametrize(
    ("kind", "failing"),
    [
        ("every", {*MOST, "largest_cluster", "customers_with_many_given_names", "customers_with_conflicts"}),
        ("phone", {*MOST, "customers_with_many_given_names"}),
        ("anonymous_id", {*MOST, "customers_with_many_given_names", "customers_with_conflicts"}),
        ("email", {*MOST, "largest_cluster"}),
    ],
)
def test_the_over_merge_fails_them(kind: str, failing: set[str], sql: BuiltSql, check: dict[str, Any]) -> None:
    """Each shared value of a kind joins: the junk e-mails, the households' phones, the tablets of this very shop."""
    merge(sql, kind)
    found = cards(sql)
    assert failing <= {card for card, is_within in found.items() if not is_within}
    assert verdict(sql, check) == "error"
    worst = sql.rows("select example_customer_id from marts.fct_identity_quality where card = 'most_given_names'")[0][0]
    names = sql.rows(
        "select count(distinct given_name_key) from intermediate.int_identity__records as records inner join "
        f"intermediate.int_identity__record_customers as customers using (record_key) where customer_id = '{worst}'"
    )
    assert names[0][0] > 6


def test_one_tablet_among_many_people_is_enough(sql: BuiltSql, check: dict[str, Any]) -> None:
    """A single wrong merge drowns in a share of a million customers; the card of the most names sees it all the same."""
    names = [chr(97 + n // 26) * 4 + chr(97 + n % 26) * 4 for n in range(26 * 26)]
    people = [{"customer_id": f"c{n // 2}", "given_name_key": names[n // 2 % len(names)]} for n in range(10_000)]
    build(sql, people)
    assert verdict(sql, check) == "pass"
    tablet = [{"customer_id": "c_tablet", "given_name_key": name} for name in names[:40:4]]
    build(sql, people + tablet)
    found = cards(sql)
    assert found["customers_with_many_given_names"]
    assert not found["most_given_names"]
    assert verdict(sql, check) == "error"


@pytest.mark.parametrize(
    ("column", "card", "allowed"),
    [
        ("given_name_key", "customers_with_many_given_names", 2),
        ("family_name", "customers_with_many_family_names", 2),
        ("postal_code", "customers_with_many_postal_codes", 4),
    ],
)
def test_a_few_with_many_are_allowed_and_one_more_is_not(column: str, card: str, allowed: int, sql: BuiltSql) -> None:
    values = {"given_name_key": ("ana", "bob", "cyd", "dov"), "family_name": ("lima", "roy", "beck", "duarte")}
    many = [
        {"customer_id": f"c{n}", "country_code": "DE", column: value}
        for n in range(allowed + 1)
        for value in values.get(column, ("10115", "20095", "50667", "80331"))
    ]
    build(sql, many[: 4 * allowed])
    assert cards(sql)[card]
    build(sql, many)
    assert not cards(sql)[card]


def test_a_warning_does_not_stop_the_build(sql: BuiltSql, check: dict[str, Any]) -> None:
    build(
        sql,
        [
            {"customer_id": f"c{n % 500}", "given_name_key": "ana", "birth_date": f"19{n // 50:02}-01-01"}
            for n in range(1000)
        ],
    )
    assert not cards(sql)["customers_with_conflicts"]
    assert verdict(sql, check) == "warn"


def test_spellings_of_one_name_are_one_and_few_cases_are_well(sql: BuiltSql, check: dict[str, Any]) -> None:
    spelled = ["samuel", "sam", "s", "samuael", "samuel"]
    build(sql, [{"customer_id": "c1", "given_name_key": name} for name in spelled])
    assert sql.rows("select given_name_count from intermediate.int_identity__customer_spread") == [(1,)]
    # Two of three customers with four names each: a small shop's odd cases stop nothing.
    odd = [{"customer_id": f"c{n}", "given_name_key": name} for n in range(2) for name in ("ana", "bob", "cyd", "dov")]
    build(sql, [*odd, {"customer_id": "c9", "given_name_key": "eve"}])
    assert cards(sql)["customers_with_many_given_names"]


def merge(sql: BuiltSql, kind: str) -> None:
    """Customers of the walked shop joined further by each value of the kind, as if no guard were there."""
    links = sql.rows(
        f"""
        select record_key, identifier_type || ':' || identifier_value from intermediate.int_identity__identifiers
        where '{kind}' in (identifier_type, 'every')
        union all
        select record_key, 'customer:' || customer_id from walked.intermediate.int_identity__record_customers
        """
    )
    records = [key for (key,) in sql.rows("select record_key from intermediate.int_identity__records order by 1")]
    place = {key: number for number, key in enumerate(records)}
    values = {value: len(records) + number for number, value in enumerate(sorted({value for _, value in links}))}
    left, right = [place[key] for key, _ in links], [values[value] for _, value in links]
    size = len(records) + len(values)
    graph = coo_matrix((np.ones(len(links), dtype=np.int8), (left, right)), shape=(size, size))
    label = connected_components(graph, directed=False)[1][: len(records)]
    merged = [{"record_key": key, "customer_id": f"c_{label[place[key]]}"} for key in records]
    sql.table("int_identity__record_customers", {"record_key": "varchar", "customer_id": "varchar"}, merged)
    sql.connection.execute("delete from intermediate.int_identity__customers")
    sql.connection.executemany(
        "insert into intermediate.int_identity__customers (customer_id) values (?)",
        [[customer] for customer in sorted({row["customer_id"] for row in merged})],
    )


def build(sql: BuiltSql, rows: list[dict[str, Any]]) -> None:
    """A shop of these records, one customer id each, and the cards of it."""
    records = [{**row, "record_key": f"r{n}"} for n, row in enumerate(rows)]
    kinds = {
        "record_key": "varchar",
        "given_name_key": "varchar",
        "family_name": "varchar",
        "postal_code": "varchar",
        "country_code": "varchar",
        "birth_date": "date",
    }
    sql.table("int_identity__records", kinds, records)
    sql.table("int_identity__record_customers", {"record_key": "varchar", "customer_id": "varchar"}, records)
    customers = [{"customer_id": customer} for customer in sorted({row["customer_id"] for row in rows})]
    sql.table("int_identity__customers", {"customer_id": "varchar"}, customers)
    sql.table(
        "int_identity__record_identifiers",
        {"record_key": "varchar", "is_edge": "boolean", "is_accepted": "boolean"},
        [{"record_key": row["record_key"], "is_edge": True, "is_accepted": True} for row in records],
    )
    cards(sql)
