"""B07: who is held out stays held out, whoever else is in the audience; and the share is the one that was asked for."""

from __future__ import annotations

from math import sqrt

import duckdb
import pytest

from activation.audience import held_out_sql, threshold

PEOPLE, REBUILDS = 100_000, 1_000
HELD_OUT = held_out_sql("$audience", "customer_id", "$threshold")


@pytest.fixture(scope="module")
def people() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(
        f"create table people as select 'c_' || substr(md5(range::varchar), 1, 16) as customer_id from range({PEOPLE})"
    )
    return con


def held_out(con: duckdb.DuckDBPyConnection, audience: str, share: float, source: str = "people") -> set[str]:
    found = con.execute(
        f"select customer_id from {source} where {HELD_OUT}", {"audience": audience, "threshold": threshold(share)}
    )
    return {customer_id for (customer_id,) in found.fetchall()}


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("audience", ["cart_abandoners", "welcome", "vip_early_access"])
def test_the_share_lies_within_three_standard_errors(
    people: duckdb.DuckDBPyConnection, audience: str, share: float
) -> None:
    assert abs(len(held_out(people, audience, share)) / PEOPLE - share) <= 3 * sqrt(share * (1 - share) / PEOPLE)


def test_nobodys_assignment_changes_over_a_thousand_rebuilds(people: duckdb.DuckDBPyConnection) -> None:
    """Each rebuild has other people, more or fewer, in another order."""
    known = held_out(people, "cart_abandoners", 0.1)
    people.execute(f"""
        create temp table rebuilds as
        select rebuild, customer_id
        from (select range as rebuild, 1 + hash(range) % 50 as per_mille from range({REBUILDS}))
        cross join (select customer_id from people limit 5000)
        where hash(customer_id, rebuild) % 1000 < per_mille
        order by hash(rebuild, customer_id)
    """)
    people.execute("create temp table known as select unnest($known) as customer_id", {"known": sorted(known)})
    rows, changed, rebuilds = people.execute(
        f"""
        select count(*), count(*) filter (where ({HELD_OUT}) is distinct from (known.customer_id is not null)),
            count(distinct rebuild)
        from rebuilds left join known using (customer_id)
        """,
        {"audience": "cart_abandoners", "threshold": threshold(0.1)},
    ).fetchall()[0]
    assert rebuilds == REBUILDS
    assert rows > 50 * REBUILDS
    assert changed == 0


def test_a_larger_share_holds_out_the_same_people_and_more(people: duckdb.DuckDBPyConnection) -> None:
    assert held_out(people, "welcome", 0.05) < held_out(people, "welcome", 0.1) < held_out(people, "welcome", 0.2)


def test_one_audience_says_nothing_of_another(people: duckdb.DuckDBPyConnection) -> None:
    """Else the same tenth of all customers would hear nothing from anybody."""
    both = len(held_out(people, "welcome", 0.1) & held_out(people, "cart_abandoners", 0.1)) / PEOPLE
    assert abs(both - 0.01) <= 3 * sqrt(0.01 * 0.99 / PEOPLE)
