"""Attribution, measured.

    python -m benchmarks.attribution truth              every model against true causes: 5 worlds, 1,200 people, 90 days
    python -m benchmarks.attribution speed              10 million touchpoints, 500,000 conversions; ours and others'
    python -m benchmarks.attribution reference FOLDER   figures on paths that lie elsewhere; prints, writes nothing

``truth`` and ``speed`` write ``benchmarks/results/attribution-<what>.json``. CPU seconds are of the work alone, without
imports. ``speed`` leaves ChannelAttribution out where it is not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb

from benchmarks.attribution.generate import generate
from benchmarks.attribution.product import BEFORE, CHAIN, compiled
from benchmarks.attribution.reference import reference
from benchmarks.attribution.truth import world
from benchmarks.road import RESULTS, ROOT, measured

SEEDS = (1, 2, 3, 4, 5)
MEASURES = ("misplaced_share", "rank_correlation", "marketed_rank_correlation")


def truth(people: int, days: int) -> dict[str, Any]:
    """Every seed's judgement, and each model's mean over them."""
    worlds = []
    for seed in SEEDS:
        worlds.append(world(seed, people, days))
        print(f"  seed {seed}: {json.dumps(worlds[-1]['caused'])}", file=sys.stderr, flush=True)
    models = {
        name: {measure: round(fmean(one["models"][name][measure] for one in worlds), 4) for measure in MEASURES}
        for name in worlds[0]["models"]
    }
    return {"people": people, "days": days, "models": models, "worlds": worlds}


def speed(touches: int, conversions: int, customers: int) -> dict[str, Any]:
    """CPU seconds of ours and of others, on the same rows in the same run."""
    with tempfile.TemporaryDirectory(prefix="attribution-speed-") as place:
        folder = Path(place)
        # Apart: a measured process counts the memory of the one that started it as its own.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(generate, folder, touches, conversions, customers, seed=7).result()
        sql = compiled(folder)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        commands = {"product": ["product", str(sql)], "query": ["peers", "query"]}
        if find_spec("ChannelAttribution") is not None:
            commands |= {"paths": ["peers", "paths"], "channelattribution": ["peers", "channelattribution"]}
        found: dict[str, Any] = {}
        for name, (module, *words) in commands.items():
            command = [sys.executable, "-m", f"benchmarks.attribution.{module}", *words, str(folder)]
            peak = measured(command, environment)[2]
            found[name] = {**json.loads((folder / f"{name}.json").read_text()), "peak_mb": peak}
            print(f"  {name}: {json.dumps(found[name]['costs'])}", file=sys.stderr, flush=True)
    cpu = {name: cost["cpu_seconds"] for name, cost in found["product"]["costs"].items()}
    found["goals"] = {
        "all_nine_cpu_seconds": round(sum(cpu.values()), 2),
        "rules_cpu_seconds": round(sum(cpu[name] for name in (*BEFORE, "credits", "by channel and campaign")), 2),
        "query_cpu_seconds": found["query"]["costs"]["query"]["cpu_seconds"],
        "markov_and_shapley_from_paths_cpu_seconds": round(
            sum(cpu[name] for name in (*CHAIN, "channel_values") if name != "unconverted_touches"), 2
        ),
    }
    return {"touches": touches, "conversions": conversions, "customers": customers, **found}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["truth", "speed", "reference"])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--people", type=int, default=1_200)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--touches", type=int, default=10_000_000)
    chosen = parser.parse_args()
    if chosen.what == "reference":
        if chosen.folder is None:
            parser.error("reference needs the folder of the paths")
        print(json.dumps(reference(chosen.folder), indent=1))
        return 0
    if chosen.what == "truth":
        result = truth(chosen.people, chosen.days)
    else:
        result = speed(chosen.touches, chosen.touches // 20, chosen.touches // 5)
    # What else the machine did: CPU seconds grow with it, too.
    load = [round(one, 1) for one in os.getloadavg()]
    machine = {"cores": os.cpu_count(), "load_average": load, "python": platform.python_version()}
    machine |= {"duckdb": duckdb.__version__}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"attribution-{chosen.what}.json").write_text(json.dumps({**machine, **result}, indent=1) + "\n")
    print(json.dumps(result.get("models") or result["goals"], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
