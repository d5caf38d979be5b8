"""N4: an arm is for life; who turns out to have been in both arms is flagged on both sides and in no lift."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.acceptance_support.lift import ORDERS
from tests.conftest import Road, Walk

START = datetime.fromisoformat("2026-03-01")
ARM = {
    "audience": "string", "customer_id": "string", "arm": "string", "destination": "string", "plan_id": "string",
    "holdout_share": "decimal(18, 6)", "assigned_at": "timestamp", "recorded_at": "timestamp",
}  # fmt: skip
MAP = {
    "record_key": "string",
    "customer_id": "string",
    "assignment_number": "bigint",
    "assigned_at": "timestamp",
}


@dataclass
class History:
    """Builds in which customers merge and part, and arms given after each; told step by step, not as SQL does it."""

    choice: random.Random
    owner: dict[str, str] = field(default_factory=dict)
    """Record -> customer id now."""
    known: list[dict[str, str]] = field(default_factory=list)
    """The same, as each build left it."""
    moves: list[dict[str, object]] = field(default_factory=list)
    arms: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Customer id -> arm and the build that gave it."""

    def build(self, moved: dict[str, str]) -> None:
        number = len(self.known)
        for record, customer in moved.items():
            if self.owner.get(record) != customer:
                self.owner[record] = customer
                at = START + timedelta(days=number)
                self.moves.append(dict(zip(MAP, (record, customer, number, at), strict=True)))
        self.known.append(dict(self.owner))
        for customer in sorted(set(self.owner.values())):
            if customer not in self.arms and self.choice.random() < 0.5:
                self.arms[customer] = (self.choice.choice(["treated", "holdout"]), number)

    def run(self, people: int, builds: int) -> None:
        self.build({f"r{person}-{part}": f"c{person}" for person in range(people) for part in range(2)})
        for _ in range(builds):
            moved: dict[str, str] = {}
            for _ in range(people // 10):
                one, other = self.choice.sample(sorted(set(self.owner.values())), 2)
                if self.choice.random() < 0.6:  # the older id stays
                    moved |= {record: min(one, other) for record, held in self.owner.items() if held == max(one, other)}
                else:  # a record is given back the id it began with
                    record = self.choice.choice(sorted(self.owner))
                    moved[record] = f"c{record[1:].split('-')[0]}"
            self.build(moved)

    def stood_for(self, customer: str) -> set[str]:
        """Ids under which a record of this customer stood at the sync of a build that had given the id its arm."""
        return {
            build[record]
            for record, held in self.owner.items()
            if held == customer
            for number, build in enumerate(self.known)
            if record in build and build[record] in self.arms and self.arms[build[record]][1] <= number
        }

    def contaminated(self) -> set[str]:
        found: set[str] = set()
        for customer in set(self.owner.values()):
            ids = self.stood_for(customer)
            if len({self.arms[one][0] for one in ids}) > 1:
                found |= ids
        return found

    def given_arms(self) -> list[dict[str, object]]:
        rows = []
        for customer, (arm, number) in self.arms.items():
            at = START + timedelta(days=number)
            rows.append(dict(zip(ARM, ("welcome", customer, arm, "klaviyo", f"p{number}", "0.5", at, at), strict=True)))
        return rows


@pytest.fixture
def sql(road: Road, first: Walk) -> Iterator[BuiltSql]:
    with built_sql(road.home) as built:
        built.connection.execute("create schema staging")
        yield built


def load(sql: BuiltSql, history: History) -> None:
    sql.table("int_identity__customer_map", MAP, history.moves)
    owners = [{"record_key": record, "customer_id": customer} for record, customer in history.owner.items()]
    sql.table("int_identity__record_customers", {"record_key": "string", "customer_id": "string"}, owners)
    sql.table("stg_ledger__arm_assignments", ARM, history.given_arms())
    sql.connection.execute(
        "create or replace view staging.stg_ledger__arm_assignments as "
        "select * from intermediate.stg_ledger__arm_assignments"
    )
    sql.connection.register("no_orders", pa.table([[]] * len(ORDERS), schema=ORDERS))
    sql.connection.execute("create or replace table marts.fct_orders as from no_orders")
    sql.connection.execute("create or replace table intermediate.int_as_of as select timestamp '2026-12-01' as as_of")


@pytest.mark.parametrize("seed", range(4))
def test_contaminated_histories_are_those_of_customers_of_both_arms(sql: BuiltSql, seed: int) -> None:
    history = History(random.Random(seed))
    history.run(people=150, builds=8)
    load(sql, history)
    sql.build("fct_holdout_arms", "fct_audience_lift")
    told = dict(sql.rows("select customer_id, is_contaminated from marts.fct_holdout_arms"))
    assert set(told) == set(history.arms)
    contaminated = history.contaminated()
    assert {customer for customer, is_contaminated in told.items() if is_contaminated} == contaminated
    assert len(contaminated) > 10
    measured = dict(
        sql.rows("select current_customer_id, arm from marts.fct_holdout_arms where not_measured_reason is null")
    )
    ((rows,),) = sql.rows("select count(*) from marts.fct_holdout_arms where not_measured_reason is null")
    assert rows == len(measured), "somebody is measured twice"
    for customer, arm in measured.items():
        assert {history.arms[one][0] for one in history.stood_for(customer)} == {arm}
    ((treated, held_out, left_out),) = sql.rows(
        "select treated_count, holdout_count, contaminated_count from marts.fct_audience_lift where window_days = 7"
    )
    assert treated == sum(arm == "treated" for arm in measured.values())
    assert held_out == sum(arm == "holdout" for arm in measured.values())
    assert left_out == len(contaminated)
    assert sql.rows(sql.sql("assert_arms_change_only_by_merges")) == []


def test_the_check_finds_an_arm_that_changed(sql: BuiltSql) -> None:
    history = History(random.Random(1))
    history.run(people=20, builds=1)
    load(sql, history)
    sql.connection.execute(
        "insert into intermediate.stg_ledger__arm_assignments select * replace ('p9' as plan_id, "
        "case arm when 'treated' then 'holdout' else 'treated' end as arm) from intermediate.stg_ledger__arm_assignments limit 1"
    )
    sql.build("fct_holdout_arms")
    assert len(sql.rows(sql.sql("assert_arms_change_only_by_merges"))) == 1


def test_whoever_stays_keeps_the_arm_of_the_id_that_stays(sql: BuiltSql) -> None:
    history = History(random.Random(0))
    history.build({"r1": "c1", "r2": "c2", "r3": "c3", "r4": "c4"})
    history.arms = {"c1": ("treated", 0), "c2": ("holdout", 0), "c3": ("holdout", 0), "c4": ("holdout", 0)}
    history.choice.random = lambda: 1.0  # type: ignore[method-assign]  # nobody else gets one
    history.build({"r2": "c1", "r4": "c3"})
    load(sql, history)
    sql.build("fct_holdout_arms")
    rows = sql.rows(
        "select customer_id, current_customer_id, arm, not_measured_reason from marts.fct_holdout_arms order by 1"
    )
    assert rows == [
        ("c1", "c1", "treated", "arms differ"),
        ("c2", "c1", "holdout", "arms differ"),
        ("c3", "c3", "holdout", None),
        ("c4", "c3", "holdout", "another id of the same customer counts"),
    ]


def test_on_the_road_no_arm_changes_and_nobody_held_out_is_sent(first: Walk, second: Walk, next_day: Walk) -> None:
    arms = []
    for walk in (first, second, next_day):
        with walk.marts() as con:
            arms.append(
                {row[:2]: row[2:] for row in con.sql(
                    "select audience, customer_id, arm, assigned_at from fct_holdout_arms").fetchall()}
            )  # fmt: skip
    assert arms[0] == arms[1]
    assert arms[0].items() < arms[2].items(), "the first arms stand, and a day brings new ones"
    with next_day.marts() as con:
        sent = con.sql(
            "select count(*) from fct_sync_records as records inner join fct_holdout_arms as arms "
            "using (audience, customer_id) where arm = 'holdout' and action in ('add', 'update') and status <> 'rejected'"
        ).fetchall()
        shares = con.sql(
            "select count(*) filter (where arm = 'holdout'), count(*) from fct_holdout_arms where holdout_share = 0.1"
        ).fetchall()
        unmerged = con.sql(
            "select count(*) from fct_holdout_arms as arms where is_contaminated and not exists (from fct_customer_merges "
            "as merges where change_type <> 'created' and arms.customer_id in (from_customer_id, to_customer_id))"
        ).fetchall()
    assert sent == [(0,)]
    ((held_out, people),) = shares
    assert abs(held_out / people - 0.1) < 4 * (0.1 * 0.9 / people) ** 0.5
    assert unmerged == [(0,)], "only what the merge log tells of contaminates"
