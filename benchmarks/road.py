"""What the road costs: seconds, CPU seconds, peak memory and rows of every stage, cold, repeated, and a day later.

    make bench                 5,000 people, 120 days
    make bench PEOPLE=20000

Each stage is one command in a process of its own, as an operator would type it, so imports count. Seconds are wall
time; CPU seconds are the process's and its children's; peak memory is the largest single process (the vendors' server
is not counted: in life it is somebody else's). Writes ``benchmarks/results/road-<people>.json`` and prints the table.
Everything happens in a home of its own that is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import psutil

from sandbox.brand import mess
from sandbox.brand.world import make_world
from sandbox.server import Running, running

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Cost:
    """One stage of one walk. ``rows`` counts what the stage brought (see ``STAGES``)."""

    walk: str
    stage: str
    seconds: float
    cpu_seconds: float
    peak_mb: int
    rows: int


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, int]:
    """Run a command; wall seconds, CPU seconds and peak MB. Raises RuntimeError when it fails."""
    with tempfile.TemporaryFile() as log:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{log.read().decode()[-3000:]}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def count(file: Path, sql: str) -> int:
    with duckdb.connect(str(file), read_only=True) as con:
        found = con.sql(sql).fetchone()
    return int(found[0] or 0) if found else 0


def raw_rows(home: Path) -> int:
    """Rows in all raw tables, dlt's own left out."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        tables = con.sql(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name like 'raw!_%' escape '!' and table_name not like '!_%' escape '!'"
        ).fetchall()
        sizes = [con.sql(f'select count(*) from "{schema}"."{table}"').fetchone() for schema, table in tables]
    return sum(size[0] for size in sizes if size)


def ledger_rows(home: Path) -> int:
    return count(home / "warehouse.duckdb", f"select count(*) from read_parquet('{home}/ledger/*/*.parquet')")


BUILT = ("--exclude", "tag:sync", "--exclude-resource-type", "unit_test")
"""As a run builds: unit tests are about the code, not the data."""
STAGES: list[tuple[str, list[str], Callable[[Path], int]]] = [
    ("land", ["ingestion", "land", "all"], raw_rows),
    ("build and test", ["warehouse.dbt", "build", *BUILT], lambda home: count(
        home / "warehouse.duckdb", "select sum(estimated_size) from duckdb_tables() where schema_name = 'marts'")),
    ("publish", ["warehouse.publish", "build"], lambda home: count(
        home / "published" / "marts.duckdb", "select sum(row_count) from _build")),
    ("plan", ["activation", "plan"], lambda _: 0),
    ("apply", ["activation", "apply"], ledger_rows),
    ("sync marts", ["warehouse.dbt", "build", "--select", "tag:sync"], ledger_rows),
]  # fmt: skip


def walk(name: str, home: Path, environment: dict[str, str]) -> list[Cost]:
    costs = []
    for stage, module, rows in STAGES:
        seconds, cpu, peak = measured([sys.executable, "-m", *module], environment)
        costs.append(Cost(name, stage, round(seconds, 1), round(cpu, 1), peak, rows(home)))
        print(f"  {name:<9} {stage:<15} {seconds:7.1f} s", file=sys.stderr, flush=True)
    return costs


def walks(sandbox: Running) -> list[Cost]:
    environment = {**os.environ, **sandbox.environment(), "SELVAGE_BRAND": "demo"}
    home = sandbox.home / "sandbox" / "demo"
    costs = walk("cold", home, environment) + walk("repeated", home, environment)
    sandbox.advance(days=1)
    return costs + walk("next day", home, environment)


def table(costs: list[Cost]) -> str:
    lines = ["| walk | stage | seconds | CPU s | peak MB | rows |", "|---|---|---|---|---|---|"]
    lines += [f"| {c.walk} | {c.stage} | {c.seconds} | {c.cpu_seconds} | {c.peak_mb:,} | {c.rows:,} |" for c in costs]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="selvage-bench-") as folder:
        base = Path(folder)
        started, before = time.monotonic(), psutil.Process().cpu_times()
        world = make_world(chosen.seed, chosen.people, chosen.days, base)
        after = psutil.Process().cpu_times()
        peak = psutil.Process().memory_info().rss // 2**20
        events = world.table("web_events").num_rows + world.table("klaviyo_events").num_rows
        cpu = after.user + after.system - before.user - before.system
        costs = [Cost("cold", "world", round(time.monotonic() - started, 1), round(cpu, 1), peak, events)]
        shares = mess.mess_shares(world)
        with running(base, seed=chosen.seed, people=chosen.people, days=chosen.days) as sandbox:
            costs += walks(sandbox)
    result = {
        "people": chosen.people, "days": chosen.days, "seed": chosen.seed, "cores": os.cpu_count(),
        "python": platform.python_version(), "duckdb": duckdb.__version__,
        "costs": [asdict(cost) for cost in costs], "mess_shares": shares,
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"road-{chosen.people}.json").write_text(json.dumps(result, indent=1, default=float) + "\n")
    print(table(costs))
    print("\n| mess | share |\n|---|---|")
    print("\n".join(f"| {re.sub('_', ' ', name)} | {share:.1%} |" for name, share in shares.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
