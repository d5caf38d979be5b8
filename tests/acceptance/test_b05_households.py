"""B05: households apart from persons; a household's id does not depend on the order of rows or on spelling."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.conftest import Road, Walk

RECORDS = {
    "record_key": "varchar",
    "family_name": "varchar",
    "address_line": "varchar",
    "postal_code": "varchar",
    "city": "varchar",
    "country_code": "varchar",
    "created_at": "timestamp",
    "updated_at": "timestamp",
}
MODELS = ("int_identity__address_patterns", "int_identity__addresses", "int_identity__households", "dim_households")
BEGUN = datetime.fromisoformat("2026-01-01")

# One home per entry: country, spellings of its address, of its postcode, of its family's name.
SPELLINGS = [
    ("US", ["12 Oak Street", "12 Oak St.", "12 OAK ST", " 12  oak   st"], ["10001", "10001-1234"], ["Smith", "SMITH "]),
    (
        "US",
        ["12 Oak Street Apt 4B", "12 Oak St #4B", "12 Oak St., Apt. 4 B", "Apt 4B, 12 Oak Street", "12 Oak St Unit 4b"],
        ["10001"],
        ["Smith", "Smith Jr.", "smith, III"],
    ),
    (
        "US",
        ["120 North 5th Avenue", "120 N. Fifth Ave", "120 N 5th Av."],
        ["01234", "1234"],
        ["O'Neil", "ONeil", "O’Neil"],
    ),
    ("US", ["PO Box 123", "P.O. Box 123", "p.o. box #123"], ["73301"], ["Lopez", "López"]),
    ("GB", ["Flat 2, 14 High Street", "14 High St, Flat 2", "FLAT 2 14 HIGH ST."], ["SW1A 1AA", "sw1a1aa"], ["Khan"]),
    (
        "DE",
        ["Hauptstraße 12b", "Hauptstr. 12 b", "HAUPTSTRASSE 12B", "Haupt Str. 12b", "Hauptstr. Nr. 12b"],
        ["10115", "D-10115"],
        ["Müller", "Mueller", "MULLER", "Mu\u0308ller"],
    ),
    (
        "FR",
        ["12 bis, rue de l'Église", "12bis rue de l’Eglise", "12 BIS RUE DE L EGLISE"],
        ["75001", "F-75001"],
        ["Noël", "Noel"],
    ),
    (
        "ES",
        ["Calle Mayor 5, 3º B", "C/ Mayor 5 3 B", "c/ Mayor, nº 5, 3B"],
        ["28013"],
        ["de la Cruz", "De La Cruz", "Delacruz"],
    ),
    (
        "NL",
        ["Kerkstraat 12-2", "Kerkstr. 12 2"],
        ["1011 AB", "1011AB", "1011"],
        ["van der Berg", "Van Der Berg", "vanderberg"],
    ),
    ("PL", ["ul. Długa 5", "Dluga 5", "ulica Długa 5"], ["00-001", "00001"], ["Łuczak", "Luczak"]),
    ("SE", ["Storgatan 5 lgh 1101", "Storg. 5, lgh 1101"], ["111 22", "11122"], ["Åberg", "Aberg"]),
    (
        "BR",
        ["Avenida Paulista, 1000 apto 12", "Av. Paulista 1000, apartamento 12"],
        ["01310-100", "01310100"],
        ["Conceição"],
    ),
    ("CA", ["5 Rue Sainte-Catherine", "5 rue Ste-Catherine", "5, Rue Ste. Catherine"], ["H2X 1K4", "h2x1k4"], ["Roy"]),
    ("JP", ["千代田1-1-1", "千代田 1-1-1"], ["100-0001", "1000001"], ["佐藤"]),
]
# Each is a home of its own, beside the first of the list and beside one another.
DIFFERENT = [
    {"address_line": "12 Oak St Apt 4"},
    {"address_line": "12 Oak St Apt 5"},
    {"address_line": "4 Oak St Apt 12"},
    {"address_line": "12 Oak St"},
    {"address_line": "12b Oak St"},
    {"address_line": "12 Oak Ave"},
    {"address_line": "12 Elm St"},
    {"address_line": "12 Oak St", "postal_code": "10002"},
    {"address_line": "12 Oak St", "country_code": "GB"},
    {"address_line": "12 Oak St", "family_name": "Smythe"},
    {"address_line": "12 Oak St", "postal_code": None, "city": "New York"},
]


@pytest.fixture(scope="module")
def sql(road: Road, first: Walk) -> Iterator[BuiltSql]:
    with built_sql(road.home) as built:
        built.seed(first.folder / "warehouse.duckdb", "street_words", "household_rules")
        yield built


def person(number: int, **said: Any) -> dict[str, Any]:
    """The record of one customer, c<number>."""
    plain = {"family_name": "Smith", "postal_code": "10001", "city": "X", "country_code": "US", "updated_at": BEGUN}
    return {"record_key": f"shopify:{number}", "customer_id": f"c{number}", **plain, **said}


def households(sql: BuiltSql, records: list[dict[str, Any]]) -> dict[str, tuple[str | None, str | None]]:
    """customer -> (household_key, refused_reason)."""
    kinds = {row["customer_id"]: row.get("customer_type", "person") for row in records}
    sql.table("int_identity__records", RECORDS, records)
    sql.table("int_identity__record_customers", {"record_key": "varchar", "customer_id": "varchar"}, records)
    sql.table(
        "int_identity__customers",
        dict.fromkeys(("customer_id", "customer_type", "country_code", "region_code"), "varchar")
        | {"first_seen_at": "timestamp"},
        [{"customer_id": customer, "customer_type": kind} for customer, kind in kinds.items()],
    )
    sql.build(*MODELS)
    found = sql.rows("select customer_id, household_key, refused_reason from intermediate.int_identity__households")
    return {customer: (key, reason) for customer, key, reason in found}


def test_one_home_in_every_spelling_and_no_two_homes_in_one(sql: BuiltSql) -> None:
    records = []
    for home, (country, *written) in enumerate(SPELLINGS):
        for line, code, name in itertools.product(*written):
            said = {"address_line": line, "postal_code": code, "family_name": name, "country_code": country}
            records.append(person(len(records), home=home, **said))
    sql.connection.execute("update seeds.household_rules set limit_value = 1000")
    found = households(sql, records)
    keys = defaultdict(set)
    for row in records:
        keys[row["home"]].add(found[row["customer_id"]][0])
    assert {home: len(each) for home, each in keys.items()} == dict.fromkeys(range(len(SPELLINGS)), 1)
    assert len(set().union(*keys.values())) == len(SPELLINGS)
    assert None not in set().union(*keys.values())


def test_the_order_of_rows_changes_nothing(sql: BuiltSql) -> None:
    records = [
        person(number, family_name=name, **said, updated_at=BEGUN + timedelta(days=number % 3))
        for number, (said, name) in enumerate(itertools.product(DIFFERENT[:6], ["Smith", "Jones", None]))
    ]
    # Some customers have a second record, older or of the same moment: which one counts must not depend on the order.
    records += [{**row, "record_key": f"klaviyo:{n}", "address_line": "1 Elm St"} for n, row in enumerate(records[:6])]
    expected = households(sql, records)
    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert households(sql, records) == expected


def test_other_flats_numbers_streets_and_names_are_other_homes(sql: BuiltSql) -> None:
    found = households(sql, [person(number, **said) for number, said in enumerate(DIFFERENT)])
    assert len({key for key, _ in found.values()}) == len(DIFFERENT)


def test_who_moves_is_where_the_newest_record_says(sql: BuiltSql) -> None:
    later = BEGUN + timedelta(days=1)
    stays = person(1, address_line="1 Oak St")
    moves = [
        person(2, address_line="1 Oak St"),
        person(2, record_key="klaviyo:2", family_name=None, address_line="9 Elm St", updated_at=later),
    ]
    there = person(3, address_line="9 Elm St")
    found = households(sql, [stays, *moves, there])
    assert found["c2"][0] == found["c3"][0] != found["c1"][0]


def test_what_is_no_household_says_why(sql: BuiltSql, first: Walk) -> None:
    sql.seed(first.folder / "warehouse.duckdb", "household_rules")
    office = [person(100 + n, address_line="1 Plaza", family_name=f"Name{chr(97 + n)}") for n in range(11)]
    twins = [person(200 + n, address_line="2 Plaza", family_name="Dorm") for n in range(13)]
    card = {**person(300, family_name=None), "customer_type": "household"}
    found = households(
        sql,
        [
            *office,
            *twins,
            card,
            person(1, address_line="Packstation 145"),
            person(2, address_line="3 Plaza", family_name=None),
            person(3, address_line="4 Plaza", postal_code=None, city=None),
            person(4, address_line=None),
        ],
    )
    assert {found[f"c{100 + n}"] for n in range(11)} == {(None, "too_many_family_names")}
    assert {found[f"c{200 + n}"] for n in range(13)} == {(None, "too_many_of_one_name")}
    assert found["c1"] == (None, "no_home")
    assert found["c2"] == (None, "no_family_name")
    assert "c3" not in found
    assert "c4" not in found
    key, reason = found["c300"]
    assert key.startswith("h_")
    assert reason is None
    assert sql.rows("select household_key, household_type, member_count from marts.dim_households") == [
        (key, "card", 1)
    ]


def test_households_of_the_shop_are_counted_and_not_named(first: Walk) -> None:
    with first.warehouse() as con:
        members = con.sql(
            "select household_key, count(*) from intermediate.int_identity__households where household_key is not null group by 1"
        ).fetchall()
        hidden = con.sql(
            "select distinct split_part(standard_address, '|', 3) from intermediate.int_identity__addresses"
        ).fetchall()
    with first.marts() as con:
        published = con.sql("select household_key, member_count from dim_households").fetchall()
        text = str(con.sql("from dim_households").fetchall())
    assert sorted(published) == sorted(members)
    assert max(count for _, count in published) > 1
    assert not [line for (line,) in hidden if line in text]
