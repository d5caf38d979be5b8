"""B12: no person is active in two audiences of the same list; no person exceeds the weekly cap.

Read from the ledger as every run left it, without the engine's own queries.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import combinations

import pytest

import selvage
from tests.conftest import Walk

WALKS = pytest.mark.parametrize("walk_name", ["first", "next_day"])
CAP = selvage.load_brand("demo").weekly_caps["email"]
PEOPLE = """
select coalesce(merged.current_customer_id, records.customer_id) as person, records.*
from fct_sync_records as records
left join activation.act_merged_customers as merged using (customer_id)
where records.status <> 'rejected' and records.audience <> 'conversions'
"""


def query(walk: Walk, sql: str) -> list[tuple]:
    with walk.marts() as con:
        con.sql(f"attach '{walk.folder / 'activation.duckdb'}' as activation (read_only)")
        return con.sql(f"with people as ({PEOPLE}) {sql}").fetchall()


def active(walk: Walk) -> dict[str, dict[str, set[str]]]:
    """List -> audience -> persons who are in it at any destination."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, audience, person in query(
        walk,
        """
        select priority_list, people.audience, person
        from people
        inner join activation.audiences as routes
            on routes.audience = 'aud_' || people.audience and routes.destination = people.destination
        where priority_list is not null
        qualify row_number() over (
            partition by people.destination, people.audience, customer_id order by recorded_at desc
        ) = 1 and action <> 'remove'
        """,
    ):
        found.setdefault(name, {}).setdefault(audience, set()).add(person)
    return found


def wanted(walk: Walk, name: str) -> list[tuple[str, set[str]]]:
    """The audiences of a list by their rank, each with all who are in it for any of its destinations."""
    with walk.activation() as con:
        audiences = con.execute(
            "select distinct priority_rank, audience from audiences where priority_list = ? order by 1", [name]
        ).fetchall()
        return [
            (audience, {row[0] for row in con.sql(f"select customer_id from {audience}").fetchall()})
            for _, audience in audiences
        ]


@WALKS
def test_nobody_is_in_two_audiences_of_a_list(walk_name: str, request: pytest.FixtureRequest):
    lists = active(request.getfixturevalue(walk_name))
    assert lists.keys() == set(selvage.load_brand("demo").priority_lists)
    for audiences in lists.values():
        assert len(audiences) > 1
        for one, other in combinations(audiences, 2):
            assert not audiences[one] & audiences[other], (one, other)


@WALKS
@pytest.mark.parametrize("name", selvage.load_brand("demo").priority_lists)
def test_whoever_is_in_several_is_left_to_the_first(walk_name: str, name: str, request: pytest.FixtureRequest):
    walk = request.getfixturevalue(walk_name)
    held, taken, several = active(walk)[name], set[str](), 0
    for audience, people in wanted(walk, name):
        several += len(people & taken)
        assert not held.get(audience.removeprefix("aud_"), set()) & taken, f"{audience} holds who is another's"
        taken |= people
    assert several > 5, "nobody was in two audiences: nothing was tested"


@WALKS
def test_nobody_exceeds_the_weekly_cap(walk_name: str, request: pytest.FixtureRequest):
    added: dict[str, list] = {}
    for person, at in query(
        request.getfixturevalue(walk_name),
        """
        select person, people.consent_as_of
        from people
        inner join activation.audiences as routes
            on routes.audience = 'aud_' || people.audience and routes.destination = people.destination
        where action = 'add' and is_capped and channel = 'email'
        """,
    ):
        added.setdefault(person, []).append(at)
    weeks = Counter(
        max(sum(end - timedelta(days=7) < at <= end for at in times) for end in times) for times in added.values()
    )
    assert max(weeks) <= CAP
    assert weeks[2] > 5, "hardly anybody was added twice: nothing was tested"


def test_the_next_day_moves_people_within_a_list(first: Walk, next_day: Walk):
    """Who moves up leaves the one audience and comes into the other in the same run."""
    before, after = active(first)["baskets"], active(next_day)["baskets"]
    moved = {(one, other): before[one] & after[other] for one in before for other in after if one != other}
    assert any(moved.values()), "nobody moved: nothing was tested"
