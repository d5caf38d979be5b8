"""Orders and stock of TPC-DS, measured: our models beside hand-written SQL that does the same work on the same files.

    python -m benchmarks.marts               scale 10: about 50 million lines in three channels
    python -m benchmarks.marts --scale 1

The product is one ``dbt run``, and what dbt costs by itself the same command over files without rows. Both sides'
figures by channel must be equal, or there is no result. Writes ``benchmarks/results/marts-<scale>.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.marts.product import BY_CHANNEL, Product, totals
from benchmarks.marts.tpcds import make
from benchmarks.project import Run
from benchmarks.road import RESULTS, ROOT, measured


def product(folder: Path, rows: Path) -> Run:
    folder.mkdir()
    project = Product(folder, rows)
    project.prepare("orders")
    project.fresh()
    return project.run()


def run(scale: float, place: Path) -> dict[str, Any]:
    # Apart: a measured process counts the memory of the one that started it as its own.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        rows = pool.submit(make, place, scale).result()
    _say("rows", rows)
    overhead = product(place / "overhead", place / "empty")
    shutil.rmtree(place / "overhead")
    ours = product(place / "product", place / "rows")
    _say("product", {"cpu_seconds": ours.cpu_seconds, "peak_mb": ours.peak_mb})
    command = [sys.executable, "-m", "benchmarks.marts.raw", str(place / "rows"), str(place / "raw.duckdb")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    seconds, cpu, peak = measured(command, environment)
    raw = Run(round(seconds, 2), round(cpu, 2), peak, {})
    _say("raw", {"cpu_seconds": raw.cpu_seconds, "peak_mb": raw.peak_mb})
    found = totals(place / "product" / "warehouse.duckdb", "marts.fct_")
    limit = totals(place / "raw.duckdb", "")
    for name in BY_CHANNEL:
        if found[name] != limit[name]:
            raise RuntimeError(f"{name} differ: {found[name]} and {limit[name]}")
    return {
        "rows": rows,
        "product": asdict(ours),
        "dbt_alone": {"seconds": overhead.seconds, "cpu_seconds": overhead.cpu_seconds},
        "raw": asdict(raw),
        "times_raw": round(ours.without(overhead) / raw.cpu_seconds, 2),
    }


def _say(name: str, what: dict[str, Any]) -> None:
    print(f"  {name}: {json.dumps(what)}", file=sys.stderr, flush=True)


@contextmanager
def _place(given: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="marts-", dir=given) as place:
        yield Path(place)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=10)
    parser.add_argument("--folder", type=Path, help="where the files are made, and removed; scale 10 takes about 30 GB")
    chosen = parser.parse_args()
    with _place(chosen.folder) as place:
        result = run(chosen.scale, place)
    # What else the machine did: CPU seconds grow with it, too.
    load = [round(one, 1) for one in os.getloadavg()]
    machine = {"cores": os.cpu_count(), "load_average": load, "python": platform.python_version()}
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"marts-{chosen.scale:g}.json"
    file.write_text(json.dumps({**machine, "duckdb": duckdb.__version__, **result}, indent=1) + "\n")
    print(json.dumps({name: result[name] for name in ("dbt_alone", "times_raw")}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
