"""Random histories of a shop's records: late ones, new identifiers, rules that change, decisions of people and their undoing.

Many small worlds are built side by side, as set operations don't mind; after each build the map must be what a build from
scratch gives, no id may change without a row that says so, and going back must give back the ids.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance_support.empty_shop import EmptyShop
from tests.models.identity_chain import LAYER, MAP, IdentityChain

RANKS = {"household_card_id": 1, "shopify_customer_id": 2, "email": 8, "phone": 9}
LIMITED = "household_card_id"
WORLDS, BUILDS = 25, 4


def step(random: Random) -> tuple:
    """Something that happens between two builds. Few records and values, so that they meet."""
    one, other = random.randint(0, 5), random.randint(0, 5)
    kind, day = random.choice(sorted(RANKS)), random.randint(1, 28)
    happenings = [
        ("record", one, day),
        ("rule", kind),
        ("link", random.choice(["include", "exclude"]), one, other),
        ("link", "exclude", one, other),
        ("undo", other),
        *(("identifier", random.randint(0, 5), kind, random.randint(0, 2), day) for _ in range(9)),
    ]
    return random.choice(happenings)


@dataclass
class World:
    """What one small shop knows at a build; ``change`` takes a step of a history."""

    created: dict[int, int] = field(default_factory=lambda: {0: 10, 1: 11, 2: 12, 3: 13})
    seen: dict[tuple[int, str, int], int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    links: dict[tuple[int, int], str] = field(default_factory=dict)

    def change(self, step: tuple) -> None:
        match step:
            case ("record", number, day):
                self.created.setdefault(number, day)
            case ("identifier", number, kind, value, day) if number in self.created:
                self.seen.setdefault((number, kind, value), day)
            case ("rule", kind):
                self.refused ^= {kind}
            case ("link", kind, one, other) if one < other:  # may be about a record that isn't there yet
                self.links.setdefault((one, other), kind)
            case ("undo", number) if self.links:
                del self.links[sorted(self.links)[number % len(self.links)]]

    def counts(self, number: int, kind: str) -> bool:
        """Whether a record's values of a type join it: not by a rule that is off, nor where it carries two cards itself."""
        own = sum(1 for holder, what, _ in self.seen if (holder, what) == (number, kind))
        return kind not in self.refused and not (kind == LIMITED and own > 1)

    def shared(self) -> Iterator[tuple[int, int]]:
        """Pairs of records with a value in common that counts."""
        carriers = defaultdict(set)
        for number, kind, value in self.seen:
            if self.counts(number, kind):
                carriers[kind, value].add(number)
        for group in carriers.values():
            yield from combinations(sorted(group), 2)

    def decided(self, kind: str) -> Iterator[tuple[int, int]]:
        yield from (pair for pair, link in self.links.items() if link == kind and set(pair) <= set(self.created))

    def cards(self, group: set[int]) -> set[int]:
        return {
            value
            for number, kind, value in self.seen
            if kind == LIMITED and number in group and self.counts(number, kind)
        }


def groups(members: set[int], pairs: list[tuple[int, int]]) -> set[frozenset[int]]:
    """Connected sets, the simple way."""
    label = {member: {member} for member in members}
    for one, other in pairs:
        if one in label and other in label and label[one] is not label[other]:
            label[one] |= label[other]
            for member in label[other]:
                label[member] = label[one]
    return {frozenset(group) for group in label.values()}


def build(chain: IdentityChain, worlds: list[World]) -> None:
    """Load what the worlds know, run the models, append to the map."""
    born = sorted((day, f"{w}:{number}") for w, world in enumerate(worlds) for number, day in world.created.items())
    chain.load(
        "intermediate.int_identity__records",
        [
            {
                "record_key": key,
                "record_number": place,
                "source_system": "shop",
                "source_record_id": key,
                "created_at": f"2026-01-{day:02}",
            }
            for place, (day, key) in enumerate(born, 1)
        ],
    )
    chain.load(
        "intermediate.int_identity__record_identifiers",
        [
            {
                "record_key": f"{w}:{number}",
                "source_system": "shop",
                "identifier_type": kind,
                "identifier_value": f"{w}:{value}",
                "match_rule": f"same_{kind}",
                "match_group": f"{w}:{value}",
                "rank": RANKS[kind],
                "is_edge": True,
                "is_accepted": world.counts(number, kind),
                "first_seen_at": f"2026-02-{day:02}",
            }
            for w, world in enumerate(worlds)
            for (number, kind, value), day in world.seen.items()
        ],
    )
    chain.load(
        "seeds.manual_identity_links",
        [
            {"link_type": kind, "record_key_from": f"{w}:{one}", "record_key_to": f"{w}:{other}", "reason": "test"}
            for w, world in enumerate(worlds)
            for (one, other), kind in world.links.items()
        ],
    )
    chain.build()
    chain.assign()


def customers(chain: IdentityChain, worlds: list[World]) -> list[dict[int, str]]:
    """Of each world, record -> customer_id."""
    found: list[dict[int, str]] = [{} for _ in worlds]
    for key, customer in chain.customers().items():
        w, number = key.split(":")
        found[int(w)][int(number)] = customer
    return found


def partition(of: dict[int, str]) -> set[frozenset[int]]:
    held = defaultdict(set)
    for number, customer in of.items():
        held[customer].add(number)
    return {frozenset(group) for group in held.values()}


def check_partition(world: World, found: set[frozenset[int]], cut: set[tuple[int, int]]) -> None:
    """Against pairs of records, not stars: everything that is tied is together unless something speaks against it."""
    everybody, ties = set(world.created), [*world.shared(), *world.decided("include")]
    whole = groups(everybody, ties)
    held_apart = list(world.decided("exclude"))
    customer_of = {number: group for group in found for number in group}
    for one, other in held_apart:
        assert customer_of[one] != customer_of[other], "two records that a person holds apart share a customer"
    for group in found:
        if not any(set(pair) <= group for pair in world.decided("include")):
            assert len(world.cards(set(group))) <= 1, "a customer carries more values than the limit"
    for group in whole:
        is_contested = len(world.cards(set(group))) > 1 or any(set(pair) <= group for pair in held_apart)
        assert is_contested or group in found, "tied records fell apart without a reason"
    for one, other in cut:
        together = customer_of[one] | customer_of[other]
        assert customer_of[one] != customer_of[other]
        assert len(world.cards(set(together))) > 1 or any(set(pair) <= together for pair in held_apart), (
            "an edge was cut that nothing speaks against"
        )
    kept = [pair for pair in ties if customer_of[pair[0]] == customer_of[pair[1]]]
    assert all(any(group <= tied for tied in groups(everybody, kept)) for group in found), "strangers share a customer"


def check_ids(
    before: dict[int, str], after: dict[int, str], first_given: dict[str, int], birth: dict[int, int]
) -> None:
    """An unchanged group keeps its id; of whole customers that became one, the oldest id stays."""
    former = partition(before)
    for group in partition(after):
        customer = after[next(iter(group))]
        absorbed = [old for old in former if old <= group]
        if absorbed and set().union(*absorbed) == group & set(before):
            ids = {before[next(iter(old))]: min((birth[n], n) for n in old) for old in absorbed}
            assert first_given[customer] == min(first_given[one] for one in ids)
            assert customer in ids


@pytest.fixture(scope="module")
def chain(empty_shop: EmptyShop) -> IdentityChain:
    return IdentityChain(empty_shop.target / "compiled", empty_shop.warehouse)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_any_history(chain: IdentityChain, seed: int) -> None:
    random = Random(seed)
    chain.load("intermediate.int_as_of", [{"as_of": "2026-06-30"}])
    chain.load(f"intermediate.{MAP}", [])
    worlds = [World() for _ in range(WORLDS)]
    build(chain, worlds)
    for _ in range(BUILDS):
        earlier, before = copy.deepcopy(worlds), customers(chain, worlds)
        for world in worlds:
            for _ in range(random.randint(1, 10)):
                world.change(step(random))
        build(chain, worlds)
        after = customers(chain, worlds)
        first_given = dict(chain.rows(f"select customer_id, min(assignment_number) from {LAYER}.{MAP} group by 1"))
        cut = defaultdict(set)
        for one, other in chain.rows(f"select record_key_from, record_key_to from {LAYER}.int_identity__cut_edges"):
            cut[int(one.split(":")[0])].add((int(one.split(":")[1]), int(other.split(":")[1])))
        for w, world in enumerate(worlds):
            check_partition(world, partition(after[w]), cut[w])
            check_ids(before[w], after[w], first_given, world.created)
        build(chain, earlier)
        assert customers(chain, earlier) == before, "going back did not give back the ids"
        build(chain, worlds)
        assert customers(chain, worlds) == after, "coming again did not give back the ids"
    silent = chain.rows(
        f"select record_key from (select *, lag(customer_id) over (partition by record_key order by assignment_number) "
        f"as was from {LAYER}.{MAP}) where previous_customer_id is distinct from was or customer_id = was"
    )
    assert not silent, "a row of the map does not say what it changed"
    replayed = [partition(of) for of in customers(chain, worlds)]
    chain.load(f"intermediate.{MAP}", [])
    build(chain, worlds)
    assert [partition(of) for of in customers(chain, worlds)] == replayed, "a build from scratch gives other customers"
