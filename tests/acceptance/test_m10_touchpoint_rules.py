"""M10: every rule of attribution stands in one seed; changing a row changes what it documents, and a row that can't be
meant stops the build by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from attribution.build import channel_values
from tests.acceptance_support.built_sql import BuiltSql, built_sql
from tests.conftest import Road, Walk

LAYER = "intermediate.int_journeys__"
MODELS = (
    "first_touch", "last_touch", "last_non_direct", "linear", "position_based", "time_decay", "any_click", "markov",
    "shapley",
)  # fmt: skip
Settings = dict[str, str]
"""Setting -> value where it differs from the seed; 'lookback_days email click' for a look-back of its own."""


class Attribution:
    """The project's attribution, built again in memory on a road's touchpoints with other settings."""

    def __init__(self, built: BuiltSql, warehouse: Path) -> None:
        self.built = built
        built.seed(warehouse, "attribution_settings")
        self.run(f"attach '{warehouse}' as walked (read_only)")
        for name in ("touchpoints", "conversions", "sign_ups"):
            self.run(f"create table {LAYER}{name} as from walked.{LAYER}{name}")
        self.run("detach walked")
        self.run("create table shipped as from seeds.attribution_settings")

    def run(self, sql: str) -> None:
        self.built.connection.execute(sql)

    def settings(self, changed: Settings) -> None:
        self.run("create or replace table seeds.attribution_settings as from shipped")
        for name, value in changed.items():
            setting, channel, touch_type = [*name.split(), "*", "*"][:3]
            where = f"setting = '{setting}' and channel = '{channel}' and touch_type = '{touch_type}'"
            self.run(f"delete from seeds.attribution_settings where {where}")
            self.run(
                f"insert into seeds.attribution_settings values ('{setting}', '{channel}', '{touch_type}', '{value}', '')"
            )

    def credits(self, changed: Settings | None = None) -> pa.Table:
        self.settings(changed or {})
        names = ("attribution_settings", "touch_kinds", "paths", "unconverted_touches", "transitions", "channel_sets")
        self.built.build(*(f"int_journeys__{name}" for name in names))
        given = ("transitions", "channel_sets", "touch_kinds", "attribution_settings")
        connection = self.built.connection
        tables = [connection.table(f"{LAYER}{name}").to_arrow_table() for name in given]
        connection.register("found_values", channel_values(*tables))
        self.run(f"create or replace table {LAYER}channel_values as from found_values")
        self.built.build("int_journeys__credits")
        return connection.table(f"{LAYER}credits").to_arrow_table()

    def differing(self, before: pa.Table, after: pa.Table) -> set[str]:
        """Models whose credit or money is another for some touch."""
        connection = self.built.connection
        connection.register("before", before)
        connection.register("after", after)
        return {
            model
            for model in MODELS
            if connection.execute(
                f"""
                select count(*) from before full join after
                    on before.conversion_id = after.conversion_id
                    and before.touchpoint_id is not distinct from after.touchpoint_id
                where coalesce(before.{model}_credit, 0) <> coalesce(after.{model}_credit, 0)
                    or coalesce(before.{model}_revenue, 0) <> coalesce(after.{model}_revenue, 0)
                """
            ).fetchone()
            != (0,)
        }


@pytest.fixture(scope="module")
def attribution(road: Road, next_day: Walk) -> Iterator[Attribution]:
    with built_sql(road.home) as built:
        yield Attribution(built, next_day.folder / "warehouse.duckdb")


@pytest.fixture(scope="module")
def shipped(attribution: Attribution) -> pa.Table:
    return attribution.credits()


def test_it_is_the_road_again(attribution: Attribution, shipped: pa.Table, next_day: Walk) -> None:
    """Or the tests below would try something else than the product."""
    with next_day.warehouse() as con:
        walked = con.table("intermediate.int_journeys__credits").to_arrow_table()
    assert len(walked) == len(shipped) > 1000
    assert attribution.differing(walked, shipped) == set()


@pytest.mark.parametrize(
    ("changed", "models"),
    [
        ({"half_life_days": "3"}, {"time_decay"}),
        ({"first_weight": "0.3", "middle_weight": "0.4", "last_weight": "0.3"}, {"position_based"}),
        ({"markov_order": "2"}, {"markov"}),
        ({"shapley_value": "rate"}, {"shapley"}),
        ({"shapley_channels": "3"}, set()),
        ({"shapley_value": "rate", "shapley_channels": "3"}, {"shapley"}),
    ],
)
def test_a_setting_changes_its_own_model(
    attribution: Attribution, shipped: pa.Table, changed: Settings, models: set[str]
) -> None:
    assert attribution.differing(shipped, attribution.credits(changed)) == models


@pytest.mark.parametrize(
    ("transform", "keeps"),
    [
        ("collapse_repeats", lambda path: [c for c, p in zip(path, [None, *path], strict=False) if c != p]),
        ("first_occurrence", lambda path: list(dict.fromkeys(path))),
        ("last_occurrence", lambda path: list(dict.fromkeys(path[::-1]))[::-1]),
        ("drop_direct", lambda path: [c for c in path if c != "direct"] or path),
    ],
)
def test_a_transform_says_which_touches_take_part(
    attribution: Attribution, shipped: pa.Table, transform: str, keeps: Callable[[list[str]], list[str]]
) -> None:
    before = _paths(attribution, shipped)
    after = _paths(attribution, attribution.credits({"path_transform": transform}))
    assert after == {conversion: keeps(path) for conversion, path in before.items()}
    assert after != before


def _paths(attribution: Attribution, credits: pa.Table) -> dict[str, list[str]]:
    attribution.built.connection.register("given", credits)
    return dict(
        attribution.built.connection.execute(
            "select conversion_id, list(channel order by touchpoint_position) from given "
            "where touchpoint_id is not null group by 1"
        ).fetchall()
    )


def test_a_look_back_changes_the_paths_that_it_shortens(attribution: Attribution, shipped: pa.Table) -> None:
    shorter = attribution.credits({"lookback_days email visit": "3"})
    connection = attribution.built.connection
    connection.register("before", shipped)
    connection.register("after", shorter)
    lost = connection.execute(
        "select channel, touch_type, min(converted_at - touched_at) > interval 3 days, count(*) > 10 "
        "from before anti join after using (conversion_id, touchpoint_id) where touchpoint_id is not null group by 1, 2"
    ).fetchall()
    assert lost == [("email", "visit", True, True)]
    moved = connection.execute(
        """
        select count(*) from before join after using (conversion_id, touchpoint_id)
        where before.linear_credit <> after.linear_credit and conversion_id not in (
            select conversion_id from before anti join after using (conversion_id, touchpoint_id)
            where touchpoint_id is not null
        )
        """
    ).fetchone()
    assert moved == (0,)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"first_weight": "0.5"}, r"first_weight, middle_weight, last_weight: they sum to 1\.1\d*, not to 1"),
        ({"first_weight": "0", "middle_weight": "1", "last_weight": "0"}, "both are 0"),
        ({"first_weight": "-0.2", "middle_weight": "0.8"}, r"first_weight \* \*, value -0.2: not a number from 0 to 1"),
        ({"half_life_days": "a week"}, r"half_life_days \* \*, value a week: not a number"),
        ({"lookback_days email click": "2.5"}, "lookback_days email click, value 2.5: not a whole number"),
        ({"markov_order": "4"}, r"markov_order \* \*, value 4: not a whole number from 1 to 3"),
        ({"path_transform": "unique"}, r"path_transform \* \*, value unique: not one of every_touch"),
        ({"half_life": "7"}, r"half_life \* \*, value 7: no such setting"),
        ({"half_life_days email": "7"}, r"half_life_days email \*, value 7: only a look-back may differ"),
    ],
)
def test_a_row_that_cannot_be_meant_stops_the_build_by_name(
    attribution: Attribution, changed: Settings, said: str
) -> None:
    attribution.settings(changed)
    with pytest.raises(duckdb.Error, match=said):
        attribution.built.build("int_journeys__attribution_settings")


def test_a_row_that_is_missing_or_stands_twice_stops_the_build(attribution: Attribution) -> None:
    attribution.settings({})
    attribution.run("delete from seeds.attribution_settings where setting = 'markov_order'")
    with pytest.raises(duckdb.Error, match=r"no row markov_order \* \*"):
        attribution.built.build("int_journeys__attribution_settings")
    attribution.settings({})
    attribution.run("insert into seeds.attribution_settings from shipped where touch_type = 'click'")
    with pytest.raises(duckdb.Error, match="lookback_days email click, value 14: stands twice"):
        attribution.built.build("int_journeys__attribution_settings")
