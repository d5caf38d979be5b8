"""Random weeks: whoever syncs what in which order, dies where, or is merged, nobody is in two audiences of the list, nobody
is added too often, and nobody who is eligible and free waits for ever.

The engine's own reading of copy, ledgers and batches under way; sending is one line here, so that many weeks can pass.
``SELVAGE_WEEKS=200`` sets how many histories.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import selvage
from activation import destinations, discovery
from activation.audience import Copy
from activation.destination import Audience
from activation.ledger import SCHEMA, Ledger
from activation.pending import PendingFolder
from activation.state import read_state
from activation.turns import CAP_DAYS, Turns, place
from tests.activation.crowd import Crowd, Entry, ledger_members, with_cap

EXAMPLES = int(os.environ.get("SELVAGE_WEEKS", "6"))
PEOPLE = "uvwxyz"
AUDIENCES = {
    "first": Entry(rank=1, holdout=0.5),
    "second": Entry(rank=2, destinations=("rack", "rail")),
    "third": Entry(rank=3, destinations=("rail",)),
    "free": Entry(),
}
ROUTES = [(name, destination) for name, one in AUDIENCES.items() for destination in one.destinations]
LETTERS = st.sets(st.sampled_from(PEOPLE))
DAYS = st.lists(
    st.fixed_dictionaries(
        {
            "members": st.fixed_dictionaries(dict.fromkeys(AUDIENCES, LETTERS)),
            "suppressed": st.sets(st.sampled_from(PEOPLE), max_size=1),
            "merge": st.sampled_from([None, None, None, ("u", "v"), ("w", "x")]),
            "days": st.integers(0, 5),
            "syncs": st.lists(
                st.tuples(st.sampled_from(ROUTES), st.sampled_from(["", "", "", "refused", "lost", "arrived"])),
                max_size=5,
                unique_by=lambda one: one[0],
            ),
            "are_planned_together": st.booleans(),
        }
    ),
    min_size=3,
    max_size=5,
)


@dataclass
class Planned:
    spec: Audience
    adds: set[str]
    removals: set[str]
    notes: list[Any]


@dataclass
class Weeks:
    """The crowd, what the tools hold in truth, and the additions that the ledgers acknowledge."""

    crowd: Crowd
    copy: Copy
    cap: int
    remote: dict[tuple[str, str], set[str]] = field(default_factory=lambda: {route: set() for route in ROUTES})
    added: list[tuple[str, datetime]] = field(default_factory=list)
    batches: int = 0

    def publish(self) -> None:
        self.crowd.builds += 1
        self.crowd.fill(self.copy.connection, "copy")
        self.copy = Copy(self.copy.connection, f"build-{self.crowd.builds}", self.crowd.as_of)

    def turns(self, spec: Audience) -> Turns:
        return Turns(selvage.settings(), spec, tuple(self.copy.audiences()))

    def plan(self, route: tuple[str, str]) -> Planned:
        spec, connection = self.copy.audience(*route), self.copy.connection
        ledger = Ledger(selvage.settings().ledger, spec.destination)
        folder = PendingFolder(selvage.settings().work, spec.destination)
        notes = [note for note in folder.open(ledger) if note.audience == spec.name]
        self.copy.suppressions(spec.channel, spec.purpose)
        connection.execute("create or replace temp table arms (customer_id text, own_arm text, global_arm text)")
        read_state(connection, ledger, spec.name, [note.uncertain() for note in notes])
        self.turns(spec).read(self.copy)
        self.copy.candidates(spec, discovery.find(spec.destination), "key")
        wanted = self.letters("select customer_id from candidates where exclusion is null")
        known = self.letters("select customer_id from state where is_member")
        unsure = self.letters("select customer_id from uncertain")
        return Planned(spec, wanted - known, (known | unsure) - wanted, notes)

    def apply(self, planned: Planned, fate: str) -> None:
        """``fate``: the tool refuses the additions, or the first batch's answer gets lost on its way there or back."""
        spec = planned.spec
        ledger = Ledger(selvage.settings().ledger, spec.destination)
        pending = PendingFolder(selvage.settings().work, spec.destination)
        self.turns(spec).read_waiting(self.copy)
        unsure = {customer for note in planned.notes for customer in note.customer_ids}
        late = self.letters("select customer_id from waiting") - unsure
        held = self.remote[spec.name, spec.destination]
        for action, letters in (("remove", planned.removals), ("add", planned.adds - late)):
            if not letters:
                continue
            status = "rejected" if action == "add" and fate == "refused" else "acknowledged"
            if action == "add" and status == "acknowledged":
                self.check_list(spec, letters)
            if fate != "lost" and status == "acknowledged":
                held -= letters if action == "remove" else set()
                held |= letters if action == "add" else set()
            rows = self.rows(spec, action, status, letters)
            if fate in ("lost", "arrived"):
                pending.note(rows)
                return
            ledger.record(rows)
            if action == "add" and status == "acknowledged":
                self.check_cap(letters)
        pending.forget(note.batch_id for note in planned.notes)

    def check_list(self, spec: Audience, letters: Iterable[str]) -> None:
        """Whoever is added is nowhere else of the list, by the ledger and in truth."""
        known = ledger_members(self.crowd.merged)
        for name, destination in ROUTES:
            if spec.priority_rank and AUDIENCES[name].rank and name != spec.name:
                there = {self.stayed(one) for one in self.remote[name, destination]}
                assert not set(letters) & (there | known.get((name, destination), set())), (spec.name, name)

    def check_cap(self, letters: Iterable[str]) -> None:
        now = self.crowd.as_of
        for letter in letters:
            self.added.append((letter, now))
            since = now - timedelta(days=CAP_DAYS)
            assert sum(self.stayed(one) == letter and at > since for one, at in self.added) <= self.cap

    def check_all_arrived(self) -> None:
        taken: set[str] = set()
        for name, one in self.crowd.audiences.items():
            eligible = one.members - self.crowd.suppressed
            free = (eligible - taken if one.rank else eligible) - {x for x in eligible if is_held_out(name, x)}
            taken |= eligible if one.rank else set()
            for destination in one.destinations:
                assert self.remote[name, destination] == free, (name, destination)

    def stayed(self, letter: str) -> str:
        return self.crowd.merged.get(letter, letter)

    def letters(self, sql: str) -> set[str]:
        return {letter for (letter,) in self.copy.connection.execute(sql).fetchall()}

    def rows(self, spec: Audience, action: str, status: str, letters: set[str]) -> pa.Table:
        self.batches += 1
        given = {"batch_id": f"batch-{self.batches:03d}", "destination": spec.destination, "audience": spec.name}
        given |= {"action": action, "status": status, "fingerprint": "", "plan_id": "plan", "sync_run_id": "run"}
        rows = [given | {"customer_id": one, "consent_as_of": self.crowd.as_of} for one in sorted(letters)]
        return pa.Table.from_pylist(rows, schema=pa.schema([one for one in SCHEMA if one.name != "recorded_at"]))


def is_held_out(audience: str, customer: str) -> bool:
    number = int(hashlib.sha256(f"{audience}:{customer}".encode()).hexdigest()[:13], 16)
    return number < round(AUDIENCES[audience].holdout * 16**13)


@contextmanager
def weeks(home: Path, cap: int) -> Iterator[Weeks]:
    os.environ["SELVAGE_HOME"] = str(home)
    crowd = Crowd(home, {name: Entry(**vars(one)) for name, one in AUDIENCES.items()}, tuple(PEOPLE))
    with duckdb.connect() as connection:
        connection.execute("set threads = 1; attach ':memory:' as copy")
        yield Weeks(crowd, Copy(connection, "", crowd.as_of), cap)


@pytest.mark.usefixtures("world")
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)
@given(days=DAYS, cap=st.sampled_from([1, 2]))
def test_lists_and_caps_hold_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, Any]], cap: int
) -> None:
    brand = with_cap(cap)
    with pytest.MonkeyPatch.context() as patch, weeks(tmp_path_factory.mktemp("weeks"), cap) as all_weeks:
        patch.setattr(selvage, "load_brand", lambda name: brand)
        crowd = all_weeks.crowd
        for day in days:
            crowd.as_of += timedelta(days=day["days"])
            crowd.merged |= dict([day["merge"]] if day["merge"] else [])
            crowd.people = tuple(letter for letter in PEOPLE if letter not in crowd.merged)
            crowd.suppressed = day["suppressed"]
            for name, letters in day["members"].items():
                crowd.audiences[name].members = letters & set(crowd.people)
            all_weeks.publish()
            if day["are_planned_together"]:
                plans = [(all_weeks.plan(route), fate) for route, fate in day["syncs"]]
                for planned, fate in reversed(plans):
                    all_weeks.apply(planned, fate)
                continue
            for route, fate in day["syncs"]:
                all_weeks.apply(all_weeks.plan(route), fate)
        in_turn = sorted(ROUTES, key=lambda route: place(brand, "one", AUDIENCES[route[0]].rank))
        for _ in range(4):
            crowd.as_of += timedelta(days=CAP_DAYS)
            all_weeks.publish()
            for route in in_turn:
                all_weeks.apply(all_weeks.plan(route), "")
        all_weeks.check_all_arrived()


def test_the_destinations_are_there(world: Any) -> None:
    assert {destination for _, destination in ROUTES} <= set(discovery.names()), destinations.__path__
