"""One table of what identity costs, ours and others', on the same rows in the same run.

CPU seconds are the process's and its children's. *Start* is the same command over files without rows: imports, dbt's
own work on each model, empty tables; *net* is the rest, and goals compare net with net. Peak memory is of one process.
Writes ``benchmarks/results/identity-<records>.json``. Everything else lies in a folder that is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import psutil

from benchmarks.identity.generate import TABLES, Population, generate
from benchmarks.identity.peers import PEERS
from benchmarks.identity.product import SHAPES, Product, judged, same_partition
from benchmarks.identity.quality import Quality
from benchmarks.project import Run
from benchmarks.road import RESULTS, measured

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "splink", "scipy", "igraph")


@dataclass(frozen=True)
class Cost:
    """One line of the table. ``clusters`` where it finds any."""

    name: str
    cpu_seconds: float
    start_cpu_seconds: float
    seconds: float
    peak_mb: int
    clusters: int | None

    @property
    def net(self) -> float:
        return round(self.cpu_seconds - self.start_cpu_seconds, 2)


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call it in a process of its own: a measured process counts the memory of the one that started it as its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def cost(name: str, run: Run, start: Run, clusters: int | None = None) -> Cost:
    return Cost(name, run.cpu_seconds, start.cpu_seconds, run.seconds, run.peak_mb, clusters)


def told(message: str) -> None:
    print(f"  {message}", file=sys.stderr, flush=True)


def lay_out(population: Population, folder: Path) -> tuple[Path, Path]:
    """The generated files and the same files without rows."""
    data, empty = folder / "data", folder / "empty"
    apart(generate, population, data)
    for table in TABLES:
        (empty / table).mkdir(parents=True)
        duckdb.execute(f"copy (from '{data}/{table}/base.parquet' limit 0) to '{empty}/{table}/base.parquet'")
    duckdb.execute(f"copy (select 0::bigint as a, 0::bigint as b limit 0) to '{empty}/edges.parquet'")
    return data, empty


def add(data: Path) -> None:
    """What came later joins what was there."""
    for table in TABLES:
        shutil.move(data / "added" / f"{table}.parquet", data / table / "added.parquet")


def shown(rows: Path, data: Path) -> None:
    """Let the product's provider read these files."""
    for shape in SHAPES:
        (rows / shape).unlink(missing_ok=True)
        (rows / shape).symlink_to(data / shape)


def ours(folder: Path, data: Path, empty: Path) -> tuple[list[Cost], dict[str, float], Quality, bool]:
    """Full build, no news, 1 % more; wall seconds by model; quality; whether the increment equals a rebuild."""
    rows = folder / "rows"
    rows.mkdir()
    product = Product(folder / "product", rows)
    shown(rows, empty)
    product.prepare("identity")
    start, restart = product.run(), product.run()
    told(f"dbt alone: {start.cpu_seconds} and {restart.cpu_seconds} CPU s")
    product.fresh()
    shown(rows, data)
    full = product.run()
    found = apart(judged, product.warehouse, data, "edges")
    costs = [cost("full build", full, start, found.clusters), cost("no news", product.run(), restart)]
    add(data)
    costs.append(cost("1 % added", product.run(), restart))
    grown = product.warehouse.rename(folder / "grown.duckdb")
    product.fresh()
    product.run()
    for each in costs:
        told(f"{each.name}: {each.net} CPU s net")
    return costs, full.models, found, apart(same_partition, grown, product.warehouse)


def scored(folder: Path, data: Path, empty: Path) -> tuple[Cost, dict[str, float], Quality]:
    """The full build with scored edges: cost, wall seconds by model, quality."""
    rows = folder / "rows"
    product = Product(folder / "scored", rows, scored=True)
    shown(rows, empty)
    product.prepare("identity")
    start = product.run()
    product.fresh()
    shown(rows, data)
    full = product.run()
    found = apart(judged, product.warehouse, data, "scored_edges")
    told(f"with scoring: {full.without(start):.2f} CPU s net")
    return cost("with scoring", full, start, found.clusters), full.models, found


def theirs(data: Path, empty: Path, records: int) -> tuple[list[Cost], dict[str, dict[str, float]]]:
    """Every peer on the first rows; seconds of its phases."""
    costs, phases = [], {}
    for name in PEERS:
        runs = []
        for folder in (empty, data):
            seconds, cpu, peak = measured(
                [sys.executable, "-W", "ignore", "-m", "benchmarks.identity.peers", name, str(folder)], {**os.environ}
            )
            runs.append(Run(round(seconds, 2), round(cpu, 2), peak, {}))
        labels = data / f"{name}.parquet"
        clusters = None
        if labels.exists():
            # A record that no edge touches is a cluster of its own, which some don't list.
            row = duckdb.sql(f"select {records} - count(*) + count(distinct cluster) from '{labels}'").fetchone()
            clusters = row[0] if row else None
        costs.append(cost(name, runs[1], runs[0], clusters))
        phases[name] = json.loads((data / f"{name}.json").read_text())
        told(f"{name}: {costs[-1].net} CPU s net")
    return costs, phases


def goals(costs: dict[str, Cost], found: Quality) -> dict[str, tuple[float, float]]:
    """Name -> (reached, at most). Precision and recall are told as what is missing."""
    full = costs["full build"]
    scoring = {"CPU s with scoring": (costs["with scoring"].net, 60.0)} if "with scoring" in costs else {}
    return {
        **scoring,
        "times Splink's deterministic link": (full.net / max(costs["splink"].net, 0.01), 1.5),
        "times scan and group": (full.net / max(costs["limit"].net, 0.01), 4),
        "peak GB": (full.peak_mb / 1024, 2),
        "1 % more, share of the full build": (costs["1 % added"].net / max(full.net, 0.01), 0.1),
        "wrong pairs": (1 - found.precision, 0.005),
        "pairs missing of the ceiling": (1 - found.recall_of_ceiling, 0.03),
    }


def table(costs: list[Cost]) -> str:
    lines = ["| what | CPU s | start | net CPU s | wall s | peak MB | clusters |", "|---|---|---|---|---|---|---|"]
    for c in costs:
        clusters = f"{c.clusters:,}" if c.clusters else ""
        figures = f"{c.cpu_seconds:.1f} | {c.start_cpu_seconds:.1f} | {c.net:.2f} | {c.seconds:.1f} | {c.peak_mb:,}"
        lines.append(f"| {c.name} | {figures} | {clusters} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scoring", action=argparse.BooleanOptionalAction, default=True)
    chosen = parser.parse_args()
    population = Population(chosen.records, chosen.seed)
    with tempfile.TemporaryDirectory(prefix="selvage-bench-") as name:
        folder = Path(name)
        data, empty = lay_out(population, folder)
        told(f"{population.records:,} records of {population.people:,} people are made")
        costs, seconds, found, equal = ours(folder, data, empty)
        models = {"deterministic": seconds}
        for each in TABLES:
            (data / each / "added.parquet").unlink()
        quality = {"deterministic": found}
        if chosen.scoring:
            with_scoring, models["with scoring"], quality["with scoring"] = scored(folder, data, empty)
            costs.append(with_scoring)
        others, phases = theirs(data, empty, population.records)
    costs += others
    reached = goals({each.name: each for each in costs}, found)
    result = {
        "records": population.records, "people": population.people, "seed": population.seed,
        "machine": {"cores": os.cpu_count(), "memory_gb": round(psutil.virtual_memory().total / 2**30),
            "system": platform.platform()},
        "versions": {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}},
        "costs": [{**asdict(each), "net_cpu_seconds": each.net} for each in costs],
        "model_seconds": models, "phase_seconds": phases,
        "quality": {name: asdict(each) for name, each in quality.items()},
        "increment_equals_rebuild": equal, "goals": {name: list(pair) for name, pair in reached.items()},
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"identity-{population.records}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(table(costs))
    for kind, of_model in models.items():
        print(f"\n| {kind} | wall s |\n|---|---|")
        print(
            "\n".join(f"| {name} | {took:.2f} |" for name, took in sorted(of_model.items(), key=lambda m: -m[1])[:12])
        )
    for kind, got in quality.items():
        print(
            f"\n{kind}: precision {got.precision:.4f}, recall {got.recall:.4f}, ceiling {got.ceiling_recall:.4f}, ",
            end="",
        )
        print(f"alone {got.alone:.1%}, largest {got.largest_cluster}")
    print(f"\nincrement equals rebuild: {equal}")
    print("\n| goal | reached | at most |\n|---|---|---|")
    print("\n".join(f"| {name} | {reach:.3f} | {most} |" for name, (reach, most) in reached.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
