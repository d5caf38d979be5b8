"""N9: for every day whose published figure changed between two builds, causes are told that sum exactly to the change."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.acceptance.mini import MiniWarehouse
from tests.acceptance_support.attribution import MODELS
from tests.conftest import Walk
from warehouse import dbt

WANTED = ("+fct_restatements", "fct_attribution")
LOG = ("int_restatements__log", "int_restatements__figures", "fct_restatements")
BY_RULE, BY_EVENT = "int_journeys__attribution_settings+", "int_events__unioned+"

Figure = tuple[str, str | None, str, date]
"""Metric, model, channel, day."""
Told = dict[Figure, tuple[Decimal, Decimal]]
"""Figure -> money and credit."""

FIGURES = """
    select 'net_sales', null, channel, order_date, sum(coalesce(net_sales_amount, 0)), count(*)
    from {orders} where not is_test group by all
    union all
    select 'attributed_revenue', attribution_model, channel, converted_date, sum(attributed_revenue), sum(credit)
    from {attribution} where conversion_type <> 'sign_up' group by all
"""
LOGGED = """
    select metric, attribution_model, channel, metric_date, sum(change_amount), sum(change_credit)
    from {schema}.fct_restatements where restatement_number > {after} group by all
"""


# Orders of both builds whose customer is made of other records now, and whose path has other channels.
MOVED_PATHS = """
    with moved as (
        select unnest([former.customer_id, latter.customer_id]) as customer_id
        from former.intermediate.int_identity__record_customers as former
        inner join latter.intermediate.int_identity__record_customers as latter using (record_key)
        where former.customer_id <> latter.customer_id
    ),
    was as (
        select conversion_id, customer_id, list_sort(list(distinct channel)) as channels
        from former.intermediate.int_journeys__paths where conversion_type <> 'sign_up' group by all
    ),
    now as (
        select conversion_id, customer_id, list_sort(list(distinct channel)) as channels
        from latter.intermediate.int_journeys__paths where conversion_type <> 'sign_up' group by all
    )
    select was.conversion_id from was inner join now using (conversion_id)
    where was.channels <> now.channels
        and (was.customer_id in (from moved) or now.customer_id in (from moved))
"""


def told(rows: list[tuple[Any, ...]]) -> Told:
    return {row[:4]: (row[4], row[5]) for row in rows}


def difference(before: Told, after: Told) -> Told:
    none = (Decimal(0), Decimal(0))
    found = {
        figure: (
            after.get(figure, none)[0] - before.get(figure, none)[0],
            after.get(figure, none)[1] - before.get(figure, none)[1],
        )
        for figure in before | after
    }
    return {figure: change for figure, change in found.items() if change != (0, 0)}


class Builds:
    """A mini warehouse, what it told after its last build, and the log of that build."""

    def __init__(self, mini: MiniWarehouse) -> None:
        self.mini = mini
        self.number = 0
        mini.build(*WANTED)
        self.before = self.now()
        self.log: list[tuple[Any, ...]] = []

    def now(self) -> Told:
        return told(
            self.mini.rows(
                FIGURES.format(orders="intermediate.int_orders__orders", attribution="marts.fct_attribution")
            )
        )

    def run(self, *select: str) -> None:
        """Build, and hold the log against what the marts tell before and after it."""
        self.mini.build(*(select or WANTED))
        after = self.now()
        logged = told(self.mini.rows(LOGGED.format(schema="marts", after=self.number)))
        assert {figure: change for figure, change in logged.items() if change != (0, 0)} == difference(
            self.before, after
        )
        self.log = self.mini.rows(
            "select metric_date, cause, metric, attribution_model, channel, change_amount, change_credit "
            f"from marts.fct_restatements where restatement_number > {self.number}"
        )
        self.before, self.number = after, max(self.number, *self.mini.rows(NUMBER)[0])

    def causes(self) -> dict[int, set[str]]:
        """Day of May -> causes of changes to what rules alone say (no channel's worth by others' paths)."""
        found = defaultdict(set)
        for day, cause, _, model, *_ in self.log:
            if model != "markov":
                found[day.day].add(cause)
        return dict(found)

    def change(self, *statements: str) -> None:
        with duckdb.connect(str(self.mini.file)) as con:
            for statement in statements:
                con.execute(statement)


NUMBER = "select coalesce(max(restatement_number), 0) from marts.fct_restatements"


def person(key: int) -> dict[str, Any]:
    at = f"2026-04-01 {key:02}:00:00"
    return {
        "id": str(key),
        "first_name": f"Name{key}",
        "email": f"p{key}@example.com",
        "created_at": at,
        "updated_at": at,
    }


def visit(key: int, source: str, at: str, received: str | None = None) -> dict[str, Any]:
    times = {"timestamp": at, "sent_at": at, "original_timestamp": at, "received_at": received or at}
    page = {"type": "page", "page_url": f"https://shop.example/?utm_source={source}&utm_medium=cpc"}
    return {"message_id": f"{key} {at}", "anonymous_id": f"device-{key}", "user_id": str(key), **times, **page}


def order(mini: MiniWarehouse, key: int, at: str, worth: str = "50.01") -> None:
    head = {"id": f"o{key}", "customer_id": str(key), "currency_code": "USD", "financial_status": "PAID"}
    head |= dict.fromkeys(("total_amount", "current_total_amount", "subtotal_amount"), worth)
    head |= {"is_test": False} | dict.fromkeys(("processed_at", "created_at", "updated_at"), at)
    line = {"id": f"l{key}", "order_id": f"o{key}", "sku": "RED", "quantity": 1, "current_quantity": 1}
    mini.insert("raw_shopify.orders", [head])
    mini.insert("raw_shopify.order_lines", [line | {"original_unit_price": worth}])


def refund(mini: MiniWarehouse, key: int, amount: str) -> None:
    at = dict.fromkeys(("created_at", "processed_at", "updated_at"), "2026-05-26 10:00:00")
    head = {"id": f"r{key}", "order_id": f"o{key}", "currency_code": "USD", "total_amount": amount}
    line = {"id": f"rl{key}", "refund_id": f"r{key}", "order_id": f"o{key}", "order_line_id": f"l{key}", "quantity": 1}
    mini.insert("raw_shopify.refunds", [head | at])
    mini.insert("raw_shopify.refund_lines", [line | {"subtotal_amount": amount, "tax_amount": 0}])


def same_person(one: int, other: int) -> str:
    links = "seeds.manual_identity_links (link_type, record_key_from, record_key_to)"
    return f"insert into {links} values ('include', 'shopify:{one}', 'shopify:{other}')"


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Customers 1 to 8 bought on the 11th to 18th of May after two visits; 22 and 24 have visits only."""
    mini = MiniWarehouse(tmp_path_factory.mktemp("n09"))
    mini.insert("raw_shopify.customers", [person(key) for key in (*range(1, 10), 22, 24)])
    for key in range(1, 9):
        order(mini, key, f"2026-05-{10 + key} 16:00:00")
        mini.insert(
            "raw_web_events.events",
            [visit(key, "google", f"2026-05-0{key} 16:00:00"), visit(key, "instagram", f"2026-05-{10 + key} 14:00:00")],
        )
    mini.insert("raw_web_events.events", [visit(key, "tiktok", "2026-05-06 16:00:00") for key in (22, 24)])
    mini.insert("raw_web_events.events", [visit(9, "bing", "2026-05-20 16:00:00")])
    return Builds(mini)


def test_the_first_build_restates_nothing(builds: Builds) -> None:
    assert builds.before
    assert builds.mini.rows("select count(*) from marts.fct_restatements") == [(0,)]


def test_each_cause_alone_and_all_at_once(builds: Builds) -> None:
    mini = builds.mini
    late = "2026-05-25 09:00:00"
    mini.insert("raw_web_events.events", [visit(1, "bing", "2026-05-10 16:00:00", late)])
    builds.change(same_person(2, 22))
    refund(mini, 3, "20.00")
    # the fourth: everything in one order
    mini.insert("raw_web_events.events", [visit(4, "bing", "2026-05-10 16:00:00", late)])
    builds.change(same_person(4, 24))
    refund(mini, 4, "0.02")
    builds.change(
        "update raw_shopify.orders set cancelled_at = '2026-05-25', updated_at = '2026-05-25' where id = 'o5'",
        "update raw_shopify.order_lines set original_unit_price = 60 where id = 'l6'",
        "update raw_shopify.orders set updated_at = '2026-05-25', total_amount = 60 where id = 'o6'",
    )
    order(mini, 9, "2026-05-09 16:00:00")  # placed before the former build's data ended, known only now
    order(mini, 22, "2026-05-26 16:00:00")
    builds.run()
    assert builds.causes() == {
        9: {"late_event"},
        11: {"late_event"},
        12: {"identity_change"},
        13: {"refund"},
        14: {"refund", "identity_change"},
        15: {"order_change"},
        16: {"order_change"},
        26: {"new_order"},
    }
    stood = {cause for day, cause, _, model, *_ in builds.log if model == "markov" and day.day in (17, 18)}
    assert stood == {"reestimation"}, "others' paths changed what channels are worth"


def test_an_order_of_several_causes_is_taken_apart_to_the_cent(builds: Builds) -> None:
    """The fourth order lost 2 cents, and got two touches: the refund takes 2 cents, its path nothing in sum."""
    for model in set(MODELS) - {"any_click"}:
        money = defaultdict(Decimal)
        for day, cause, _, found, _, amount, _ in builds.log:
            if day.day == 14 and found == model:
                money[cause] += amount
        assert money["refund"] == Decimal("-0.02"), model
        assert money["identity_change"] == 0, model


def test_a_rule(builds: Builds) -> None:
    builds.change("update seeds.attribution_settings set setting_value = '2' where setting = 'half_life_days'")
    builds.run(*(f"{BY_RULE},{wanted}" for wanted in WANTED))
    assert {(cause, model) for _, cause, _, model, *_ in builds.log} == {("rule_change", "time_decay")}


def test_code(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release before took the last touch for the first."""
    builds.change(
        "update intermediate.int_restatements__figures "
        "set first_touch_credit = last_touch_credit, first_touch_revenue = last_touch_revenue"
    )
    for figure in [figure for figure in builds.before if figure[1] == "first_touch"]:
        del builds.before[figure]
    builds.before |= {
        (metric, "first_touch", *rest): value
        for (metric, model, *rest), value in builds.before.items()
        if model == "last_touch"
    }
    monkeypatch.setattr(dbt, "called_code", lambda: "another release")
    builds.run(*LOG)
    assert {(cause, model) for _, cause, _, model, *_ in builds.log} == {("code_change", "first_touch")}


def test_rules_code_and_data_at_once(builds: Builds) -> None:
    """The code is another once more, as the test before left it; what an order's own data tell goes before."""
    builds.change("update seeds.attribution_settings set setting_value = '3' where setting = 'half_life_days'")
    builds.mini.insert("raw_web_events.events", [visit(8, "bing", "2026-05-10 16:00:00", "2026-05-27 09:00:00")])
    builds.run(*(f"{change},{wanted}" for change in (BY_RULE, BY_EVENT) for wanted in WANTED))
    causes = builds.causes()
    assert causes.pop(18) == {"late_event"}
    assert set().union(*causes.values()) == {"rule_change"}


def test_a_shops_day(second: Walk, next_day: Walk) -> None:
    """A day of a whole shop; of so few orders not every cause is met each day."""
    sql = FIGURES.format(orders="fct_orders", attribution="fct_attribution")
    with second.marts() as con:
        before = told(con.sql(sql).fetchall())
        assert con.sql("select count(*) from fct_restatements").fetchone() == (0,), "the same state twice"
    with next_day.marts() as con:
        after = told(con.sql(sql).fetchall())
        logged = told(con.sql(LOGGED.format(schema="main", after=0)).fetchall())
        causes = {cause for (cause,) in con.sql("select distinct cause from fct_restatements").fetchall()}
    assert {figure: change for figure, change in logged.items() if change != (0, 0)} == difference(before, after)
    assert {"new_order", "reestimation"} <= causes
    if moved_paths(second, next_day):
        assert "identity_change" in causes
    assert not causes & {"rule_change", "code_change"}


def moved_paths(former: Walk, latter: Walk) -> list[tuple[str]]:
    with duckdb.connect() as con:
        for name, walk in (("former", former), ("latter", latter)):
            con.execute(f"attach '{walk.folder / 'warehouse.duckdb'}' as {name} (read_only)")
        return con.execute(MOVED_PATHS).fetchall()
