"""``python -m orchestration run``: the whole graph once, in this process, from the vendors to the audiences.

Everything that may be missing is asked for before any work: one error names all settings. The run is kept in the
home's Dagster instance, so ``ui`` shows it afterwards; its numbers go to ``work/last_run.json``, for the summary.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import selvage
from orchestration import summary

NEXT = {
    "land": "`python -m ingestion land {name}` reads it again; what was landed stays, the next run goes on from there",
    "check": "`python -m orchestration ui` shows every check; run again when the source is fresh",
    "build": "`python -m warehouse.dbt build --select {node}` tries it alone; `python -m orchestration run` goes on",
    "publish": "`python -m orchestration run` builds and publishes; yesterday's copies are still there",
    "sync": "`python -m activation plan` shows what would be sent; `python -m orchestration run` goes on",
}


def run() -> int:
    """Run everything. Returns the exit code: 0, or 1 after telling what failed and what to try next."""
    settings = selvage.settings()
    started = time.monotonic()
    check_settings()
    print(f"Selvage: brand {settings.brand.name}, environment {settings.env}", flush=True)
    print("  prepare  home, dbt manifest, asset graph ...", flush=True)
    # Imported here: these take seconds, and a missing setting should be told at once.
    import dagster as dg

    from warehouse import dbt

    dbt.prepare_manifest()
    from orchestration import alerts
    from orchestration.definitions import defs
    from orchestration.progress import Progress
    from orchestration.resources import instance

    print(f"  prepare  {'done':<40} {time.monotonic() - started:6.1f} s", flush=True)
    logging.getLogger("dagster.builtin").propagate = False  # integrations' own remarks, meant for the UI
    progress = Progress()
    whole = dg.Definitions.merge(defs, dg.Definitions(loggers={"progress": progress.logger()}))
    with instance() as dagster_instance, _terminate_as_interrupt():
        job = whole.resolve_implicit_global_asset_job_def()
        done = job.execute_in_process(
            instance=dagster_instance,
            run_config={"loggers": {"progress": {}}},
            raise_on_error=False,
            tags=alerts.STARTED_BY_COMMAND,
        )
        for notice in alerts.tell(dagster_instance, done.run_id):
            print(f"  alert    {notice}", flush=True)
    seconds = time.monotonic() - started
    (settings.work / summary.LAST_RUN).write_text(json.dumps(_account(progress, done.run_id, seconds), default=str))
    refused = [
        check
        for check in done.get_asset_check_evaluations()
        if not check.passed and check.blocking and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    if done.success and not progress.failed and not refused:
        print(f"\nDone in {seconds:.0f} s: {len(progress.assets)} assets, {progress.told_checks()}.\n")
        print(summary.text())
        return 0
    print(f"\nThe run failed after {seconds:.0f} s.", file=sys.stderr)
    for failure in progress.failed:
        node = failure.reason.splitlines()[-1].split(":")[0].strip() if "dbt build failed\n" in failure.reason else ""
        print(f"{failure.stage} {failure.name}: {failure.reason}", file=sys.stderr)
        print(f"Next: {NEXT[failure.stage].format(name=failure.name, node=node)}", file=sys.stderr)
    for check in refused if not progress.failed else ():
        print(f"check {check.check_name}: {check.description}", file=sys.stderr)
        print(f"Next: {NEXT['check']}", file=sys.stderr)
    return 1


def check_settings() -> None:
    """Raises one MissingSettings for all that the brand's sources need, and where its audiences and orders go."""
    from activation import discovery as destinations
    from ingestion import discovery as sources
    from orchestration import alert_channels

    brand = selvage.settings().brand
    needed: dict[str, dict[str, str | None]] = {}
    for name, module in sources.sources().items():
        if brand.has_source(name):
            needed.setdefault(name, {}).update(module.SETTINGS)
    for name in destinations.routed() | destinations.conversions_routed():
        if brand.has_destination(name):
            needed.setdefault(name, {}).update(destinations.find(name).SETTINGS)
    for name in destinations.conversions_routed():
        if brand.has_destination(name):
            needed[name].update(destinations.conversions(name).SETTINGS)
    selvage.require(needed)
    alert_channels.configured()


def _account(progress: Any, run_id: str, seconds: float) -> dict[str, Any]:
    """What the run did, for the summary: rows landed by source, sync numbers, seconds by step."""
    landed: dict[str, dict[str, int]] = {}
    syncs = {}
    for key, metadata in progress.assets.items():
        room, *rest = key.split("/")
        if "rows_landed" in metadata:
            count = landed.setdefault(room, {"rows": 0, "in_all": 0})
            count["rows"] += int(metadata["rows_landed"])
            count["in_all"] += int(metadata["dagster/row_count"])
        elif room == "activation" and len(rest) == 2:
            syncs["/".join(rest)] = {name: value for name, value in metadata.items() if isinstance(value, int)}
    return {
        "run_id": run_id,
        "seconds": round(seconds, 1),
        "steps": {step: round(taken, 1) for step, taken in progress.seconds.items()},
        "landed": landed,
        "syncs": syncs,
        "checks": progress.tests,
    }


@contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: the step is told, the run is marked as failed, locks are given back."""

    def interrupt(_: int, __: FrameType | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
