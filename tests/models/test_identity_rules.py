"""A rule that contradicts itself stops the build before a record moves, and the error names the row."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.acceptance_support.empty_shop import EmptyShop
from tests.models.identity_chain import IdentityChain

RULES, BLOCKED, LINKS = "seeds.identity_rules", "seeds.blocked_identifiers", "seeds.manual_identity_links"


@pytest.fixture(scope="module")
def chain(empty_shop: EmptyShop) -> IdentityChain:
    return IdentityChain(empty_shop.target / "compiled", empty_shop.warehouse)


def link(kind: str | None, one: str | None, other: str | None) -> dict[str, Any]:
    return {"link_type": kind, "record_key_from": one, "record_key_to": other}


def stopped(chain: IdentityChain, *statements: str, links: tuple[dict[str, Any], ...] = ()) -> str:
    """The error of a build after these changes of the seeds, which are undone."""
    chain.connection.execute("begin")
    try:
        for statement in statements:
            chain.connection.execute(statement)
        chain.load(LINKS, links)
        with pytest.raises(duckdb.Error) as caught:
            chain.build(["int_identity__rules"])
        return str(caught.value)
    finally:
        chain.connection.execute("rollback")


def test_the_shipped_seeds_are_sound(chain: IdentityChain) -> None:
    chain.build(["int_identity__rules"])
    assert chain.rows("select count(*) from warehouse.intermediate.int_identity__rules") == chain.rows(
        f"select count(*) from warehouse.{RULES}"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("rank = null where identifier_type = 'phone'", "phone: joins records but has no rank"),
        ("rank = 8 where identifier_type = 'phone'", "rank 8 stands twice"),
        ("rank = 0 where identifier_type = 'phone'", "phone: has a rank below 1"),
        ("identifier_type = 'email' where identifier_type = 'card_fingerprint'", "identifier_type email stands twice"),
        ("max_records = 0 where identifier_type = 'email'", "email: max_records is below 1"),
        ("window_days = -1 where identifier_type = 'phone'", "phone: window_days is below 1"),
        ("max_given_names = null where identifier_type = 'phone'", "phone: splits by given name without"),
        ("name_rule = 'refused' where identifier_type = 'email'", "email: has a name_rule other than"),
        ("name_rule = 'ignore' where identifier_type = 'email'", "email: ignores names but limits them"),
        ("is_login = null where identifier_type = 'email'", "email: says neither true nor false"),
        (
            "is_edge = false where identifier_type = 'shopify_customer_id'",
            "shopify_customer_id: is a log-in that joins",
        ),
        ("is_edge = false where identifier_type = 'phone'", "phone: has a window but joins nobody"),
        ("is_login = false", "anonymous_id: limits log-ins where no type is a log-in"),
    ],
)
def test_a_rule_that_contradicts_itself_is_named(chain: IdentityChain, change: str, message: str) -> None:
    assert message in stopped(chain, f"update warehouse.{RULES} set {change}")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("('fax', 'like', '%000', 'zeros')", "%000: its identifier type has no row in identity_rules"),
        ("('email', 'regexp', 'x', 'junk')", "x: match_kind is neither value nor like"),
        ("('*', 'like', 'x%', 'junk')", "x%: a pattern with like needs one identifier type"),
        ("('email', 'like', 'x%', null)", "x%: has no reason"),
        ("('email', 'value', '', 'empty')", "blocks nothing"),
    ],
)
def test_a_blocked_value_that_blocks_nothing_is_named(chain: IdentityChain, row: str, message: str) -> None:
    assert message in stopped(chain, f"insert into warehouse.{BLOCKED} values {row}")


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ((link("include", "a", "a"),), "a and a: a record is linked to itself"),
        ((link("include", "a", "b"), link("exclude", "b", "a")), "a and b: include and exclude at once"),
        ((link("merge", "a", "b"),), "a and b: link_type is neither include nor exclude"),
        ((link("exclude", "a", None),), "a record is missing"),
    ],
)
def test_a_decision_that_contradicts_itself_is_named(
    chain: IdentityChain, links: tuple[dict[str, Any], ...], message: str
) -> None:
    assert message in stopped(chain, links=links)


def test_a_decision_said_twice_is_one(chain: IdentityChain) -> None:
    chain.load(LINKS, [link("include", "a", "b"), link("include", "b", "a")])
    chain.build(["int_identity__rules"])
    chain.load(LINKS, [])
