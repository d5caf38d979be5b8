"""What may not join anybody: shared devices, numbers that changed hands, groups too large for a person; and who is left alone.

The rules are those of the seed, as shipped.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance_support.empty_shop import EmptyShop
from tests.models.identity_chain import FROM_IDENTIFIERS, LAYER, MAP, IdentityChain


@pytest.fixture(scope="module")
def chain(empty_shop: EmptyShop) -> IdentityChain:
    return IdentityChain(empty_shop.target / "compiled", empty_shop.warehouse)


def record(key: str, name: str | None = None, kind: str = "customer", **more: Any) -> dict[str, Any]:
    return {"record_key": key, "record_type": kind, "given_name_key": name, "source_system": "shop", **more}


def carries(key: str, kind: str, value: str, at: str = "2026-01-01", **more: Any) -> dict[str, Any]:
    seen = {"first_seen_at": at, "last_seen_at": at}
    return {
        "record_key": key,
        "identifier_type": kind,
        "identifier_value": value,
        "blocked_reason": None,
        **seen,
        **more,
    }


def customers(
    chain: IdentityChain,
    records: list[dict[str, Any]],
    identifiers: list[dict[str, Any]],
    links: list[dict[str, Any]] = [],  # noqa: B006
) -> dict[str, str]:
    """Record -> customer_id after one build of a shop that knows only this."""
    chain.load("intermediate.int_as_of", [{"as_of": "2026-06-30"}])
    chain.load(f"intermediate.{MAP}", [])
    columns = sorted({column for row in records for column in row})
    chain.load(
        "intermediate.int_identity__records",
        [
            {column: row.get(column) for column in columns} | {"record_number": place}
            for place, row in enumerate(records, 1)
        ],
    )
    chain.load("intermediate.int_identity__identifiers", identifiers)
    chain.load("seeds.manual_identity_links", links)
    chain.build(FROM_IDENTIFIERS)
    chain.assign()
    return chain.customers()


def refused(chain: IdentityChain) -> dict[tuple[str, str], str]:
    return {
        (kind, value): reason
        for kind, value, reason in chain.rows(
            f"select identifier_type, identifier_value, refused_reason from {LAYER}.int_identity__refused_identifiers"
        )
    }


def test_a_record_without_any_identifier_is_a_customer_of_its_own(chain: IdentityChain) -> None:
    found = customers(chain, [record("a"), record("b"), record("c")], [carries("a", "email", "a@example.com")])
    assert len(set(found.values())) == len(found) == 3


def test_a_malformed_phone_is_kept_and_joins_nobody(chain: IdentityChain) -> None:
    malformed = [carries(key, "phone", "call me", blocked_reason="malformed", is_malformed=True) for key in "ab"]
    found = customers(chain, [record("a", "ana"), record("b", "ana")], malformed)
    assert found["a"] != found["b"]
    assert refused(chain) == {("phone", "call me"): "malformed"}


LAPTOP = [
    carries("laptop|1", "anonymous_id", "laptop", "2026-01-01"),
    carries("laptop|1", "shopify_customer_id", "1", "2026-01-01"),
    carries("laptop|2", "anonymous_id", "laptop", "2026-02-01"),
    carries("laptop|2", "shopify_customer_id", "2", "2026-02-01"),
    carries("laptop|", "anonymous_id", "laptop", "2026-03-01"),
    carries("laptop|", "email", "dora@example.com", "2026-03-01"),
    carries("1", "shopify_customer_id", "1"),
    carries("2", "shopify_customer_id", "2"),
    carries("dora", "email", "dora@example.com"),
]
LAPTOP_RECORDS = [
    record("1", "ana"),
    record("2", "bo"),
    record("dora", "dora"),
    *(record(key, kind="visitor") for key in ("laptop|1", "laptop|2", "laptop|")),
]


def test_on_a_shared_device_each_log_in_is_its_own_and_the_rest_is_nobodys(chain: IdentityChain) -> None:
    found = customers(chain, LAPTOP_RECORDS, LAPTOP)
    assert found["laptop|1"] == found["1"]
    assert found["laptop|2"] == found["2"], "the latest log-in must not win what the first did"
    assert found["1"] != found["2"]
    assert found["laptop|"] not in {found["1"], found["2"], found["dora"]}, "what was done without a log-in is nobody's"
    assert refused(chain)["anonymous_id", "laptop"] == "too_many_given_names"


def test_a_device_of_one_person_brings_its_anonymous_past(chain: IdentityChain) -> None:
    own = [row for row in LAPTOP if row["record_key"] in ("laptop|1", "1")]
    own.append(carries("laptop|", "anonymous_id", "laptop", "2025-12-01"))
    found = customers(chain, LAPTOP_RECORDS, own)
    assert found["laptop|"] == found["laptop|1"] == found["1"]


def test_a_tablet_at_which_nameless_people_leave_their_email_joins_nobody(chain: IdentityChain) -> None:
    people = [f"p{number}" for number in range(6)]
    seen = [carries("tablet|", "anonymous_id", "tablet")]
    seen += [carries(key, "email", f"{one}@example.com") for one in people for key in (one, "tablet|")]
    found = customers(chain, [*map(record, people), record("tablet|", kind="visitor")], seen)
    assert len(set(found.values())) == 7
    assert refused(chain) == {("anonymous_id", "tablet"): "too_many_emails"}


def test_a_number_that_changed_hands_years_ago_joins_nobody(chain: IdentityChain) -> None:
    """One given name, so only the silence speaks."""
    seen = [
        carries("a", "phone", "+1", "2019-03-01"),
        carries("b", "phone", "+1", "2020-12-01"),
        carries("c", "phone", "+1", "2026-01-01"),
    ]
    found = customers(chain, [record(key, "ana") for key in "abc"], seen)
    assert found["a"] == found["b"] != found["c"]
    between = [*seen, carries("d", "phone", "+1", "2022-06-01"), carries("e", "phone", "+1", "2024-03-01")]
    assert len(set(customers(chain, [record(key, "ana") for key in "abcde"], between).values())) == 1


def test_a_group_too_large_for_a_person_is_quarantined(chain: IdentityChain) -> None:
    """501 records over one device each: only the log-in holds, and the list says so."""
    guests = [f"g{number:03}" for number in range(501)]
    seen = [carries(key, "anonymous_id", f"d{number // 2}") for number, key in enumerate(guests)]
    seen += [carries(key, "email", f"m{(number + 1) // 2}") for number, key in enumerate(guests)]
    seen += [carries(key, "shopify_customer_id", "1") for key in guests[:3]]
    found = customers(chain, [record(key, "ana") for key in guests], seen)
    assert found["g000"] == found["g001"] == found["g002"]
    assert len(set(found.values())) == 499
    assert chain.rows(
        f"select conflict_reason, value_count, max_values from {LAYER}.int_identity__conflicts where record_number = 1"
    ) == [("too_many_records", 501, 500)]
    assert chain.rows(f"select distinct cut_reason from {LAYER}.int_identity__cut_edges") == [("too_many_records",)]
    assert len(set(customers(chain, [record(key, "ana") for key in guests[:500]], seen[:1]).values())) == 500
    small = [row for row in seen if row["record_key"] in guests[:500]]
    assert len(set(customers(chain, [record(key, "ana") for key in guests[:500]], small).values())) == 1


def test_a_decision_about_a_record_that_is_not_there_waits(chain: IdentityChain) -> None:
    links = [
        {"link_type": "include", "record_key_from": "a", "record_key_to": "b"},
        {"link_type": "exclude", "record_key_from": "a", "record_key_to": "later"},
    ]
    found = customers(chain, [record("a", "ana"), record("b", "bo")], [], links)
    assert found["a"] == found["b"], "a person's include joins whom nothing else does"
    assert chain.rows(
        f"select record_key_to, is_in_force from {LAYER}.int_identity__manual_links order by record_key_to"
    ) == [("b", True), ("later", False)]


def test_two_household_cards_are_two_households(chain: IdentityChain) -> None:
    seen = [carries("a", "household_card_id", "1"), carries("b", "household_card_id", "2")]
    seen += [carries(key, "email", "us@example.com") for key in "abc"]
    found = customers(chain, [record(key, "ana") for key in "abc"], seen)
    assert found["a"] == found["c"] != found["b"]
    assert chain.rows(
        f"select record_key_from, record_key_to, cut_reason, conflict_key, value_count, max_values "
        f"from {LAYER}.int_identity__cut_edges"
    ) == [("a", "b", "too_many_values", "household_card_id", 2, 1)]
