"""The product's own models of attribution, run on generated rows: the SQL that dbt compiles, a statement each.

``python -m benchmarks.attribution.product <compiled> <folder>`` is one process. It writes ``<folder>/product.json``:
seconds and CPU seconds of each model of the project, rows stored and credit by channel.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from attribution.build import channel_values
from benchmarks.road import ROOT, measured

SEED = ROOT / "dbt_project" / "seeds" / "journeys" / "attribution_settings.csv"
LAYER = "warehouse.intermediate.int_journeys__"
BEFORE = ("attribution_settings", "touch_kinds", "paths")
CHAIN = ("unconverted_touches", "transitions", "channel_sets")
BY_CHANNEL = """
    select channel, campaign, {sums} from warehouse.intermediate.int_journeys__credits
    group by channel, campaign
"""


def compiled(folder: Path) -> Path:
    """Compile the models with artifacts below ``folder``; gives the folder of their SQL."""
    environment = {**os.environ, "SELVAGE_WAREHOUSE": str(folder / "warehouse.duckdb"), "PYTHONPATH": str(ROOT)}
    environment |= {"SELVAGE_WRITE_LOCK": str(folder / "write.lock"), "SELVAGE_HASH_KEY": "0" * 64}
    words = ["compile", "--select", *(f"int_journeys__{name}" for name in (*BEFORE, *CHAIN, "credits"))]
    words += ["--project-dir", str(ROOT / "dbt_project"), "--profiles-dir", str(ROOT / "dbt_project")]
    words += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    measured([sys.executable, "-W", "ignore", "-m", "dbt.cli.main", *words], environment)
    return folder / "target" / "compiled" / "selvage" / "models" / "intermediate" / "journeys"


def main(words: list[str]) -> None:
    sql, folder = Path(words[0]), Path(words[1])
    costs: dict[str, dict[str, float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> None:
        started, cpu = time.monotonic(), time.process_time()
        work()
        costs[name] = {
            "seconds": round(time.monotonic() - started, 3),
            "cpu_seconds": round(time.process_time() - cpu, 3),
        }

    with duckdb.connect(config={"memory_limit": "4GB", "threads": 2}) as con:
        con.execute("attach ':memory:' as warehouse; use warehouse; set TimeZone = 'UTC'")
        con.execute("create schema intermediate; create schema seeds")
        con.execute(f"create table seeds.attribution_settings as from read_csv('{SEED}', all_varchar = true)")
        for name in ("touchpoints", "conversions"):
            con.execute(f"create view {LAYER}{name} as from '{folder}/{name}.parquet'")
        con.execute(f"create view {LAYER}sign_ups as from {LAYER}conversions limit 0")

        def build(name: str) -> None:
            query = (sql / f"int_journeys__{name}.sql").read_text()
            timed(name, lambda: con.execute(f"create table {LAYER}{name} as {query}"))

        def values() -> None:
            names = ("transitions", "channel_sets", "touch_kinds", "attribution_settings")
            con.register("found", channel_values(*(con.table(f"{LAYER}{name}").to_arrow_table() for name in names)))
            con.execute(f"create table {LAYER}channel_values as from found")

        for name in (*BEFORE, *CHAIN):
            build(name)
        timed("channel_values", values)
        build("credits")
        models = [
            name.removesuffix("_credit")
            for (name,) in con.execute(
                "select column_name from information_schema.columns "
                "where table_name = 'int_journeys__credits' and column_name like '%_credit'"
            ).fetchall()
        ]
        sums = ", ".join(f"sum({name}_credit), sum({name}_revenue)" for name in models)
        timed("by channel and campaign", lambda: con.execute(BY_CHANNEL.format(sums=sums)).fetchall())
        found = con.execute(
            f"select channel, count(*), {', '.join(f'sum({name}_credit) as {name}' for name in models)} "
            f"from {LAYER}credits group by 1 order by 1"
        ).fetchall()
        effects = con.execute(f"select channel, removal_effect, shapley_value from {LAYER}channel_values").fetchall()
        stored = con.execute(f"select count(*) from {LAYER}credits").fetchone()
    result = {
        "costs": costs,
        "stored_rows": stored[0] if stored else 0,
        "models": models,
        "channels": {row[0]: dict(zip(["touches", *models], map(float, row[1:]), strict=True)) for row in found},
        "effects": {channel: [effect, value] for channel, effect, value in effects},
    }
    (folder / "product.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
