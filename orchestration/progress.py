"""What a person sees of a run while it works: a line per step, with its seconds and rows.

It listens as a Dagster logger, so that steps need not know who watches; it also keeps what the summary needs (rows
landed, plans, failures), since an in-process run shows its events only when it has ended.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

import dagster as dg

from warehouse.dbt import one_line

STAGES = {"land": "land", "build": "build", "publish": "publish", "publishing": "publish"}


@dataclass
class Failed:
    """The step that failed, and why in one paragraph without personal data."""

    stage: str
    name: str
    reason: str


@dataclass
class Progress(logging.Handler):
    """Prints as events come. ``assets`` holds each materialized asset's metadata, ``failed`` what went wrong."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    assets: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[Failed] = field(default_factory=list)
    tests: int = 0
    warned: int = 0
    _started: dict[str, float] = field(default_factory=dict)
    _done: dict[str, list[str]] = field(default_factory=dict)
    _checked: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def __hash__(self) -> int:
        return id(self)

    def logger(self) -> dg.LoggerDefinition:
        """This handler as a logger that a job can be given."""

        @dg.logger(config_schema={}, description="Lines for a person at a terminal.")
        def progress(_: dg.InitLoggerContext) -> logging.Logger:
            found = logging.getLogger("selvage.progress")
            found.setLevel(logging.DEBUG)
            found.propagate = False
            found.handlers = [self]
            return found

        return progress

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if isinstance(event, dg.DagsterEvent):
            self.handle_event(event)
        elif record.levelno == logging.WARNING and not record.getMessage().startswith("Dependencies for step"):
            self._print(f"           ! {one_line(record.getMessage().rsplit(' - ', 1)[-1])}")

    def handle_event(self, event: dg.DagsterEvent) -> None:
        step = event.step_key or ""
        match event.event_type:
            case dg.DagsterEventType.STEP_START:
                self._started[step] = time.monotonic()
                self._done[step] = []
                stage, name = step_name(step)
                if stage != "check":
                    self._print(f"  {stage:<8} {name} ...")
            case dg.DagsterEventType.ASSET_MATERIALIZATION:
                materialized = event.step_materialization_data.materialization
                key = "/".join(materialized.asset_key.path)
                self.assets[key] = {name: value.value for name, value in materialized.metadata.items()}
                self._done.setdefault(step, []).append(key)
            case dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                self.tests += 1
                found = event.asset_check_evaluation_data
                if not found.passed:
                    if step_name(step)[0] == "check":
                        self._checked[step] = one_line(found.description or "")
                    warns = found.severity == dg.AssetCheckSeverity.WARN
                    self.warned += warns
                    told = f"{'warns' if warns else 'failed'}. {one_line(found.description or '')}"
                    self._print(f"           ! {found.check_name} {told}".rstrip())
            case dg.DagsterEventType.STEP_SUCCESS:
                self._success(step)
            case dg.DagsterEventType.STEP_FAILURE:
                stage, name = step_name(step)
                reason = self._checked.pop(step, "") or failure_text(event)
                self.failed.append(Failed(stage, name, reason))
                self._print(f"  {stage:<8} {name}: FAILED after {self._seconds(step):.1f} s")

    def told_checks(self) -> str:
        """How many checks passed, and how many warn; those that fail stop a run."""
        passed = f"{self.tests - self.warned} checks passed"
        return f"{passed}, {self.warned} warned" if self.warned else passed

    def _success(self, step: str) -> None:
        stage, name = step_name(step)
        keys = self._done.get(step, [])
        seconds = self._seconds(step)
        if stage == "check":
            return
        self.seconds[step] = seconds
        self._print(f"  {stage:<8} {name:<40} {seconds:6.1f} s   {self._outcome(stage, keys)}")

    def _outcome(self, stage: str, keys: list[str]) -> str:
        found = [self.assets[key] for key in keys]
        if stage == "land":
            return f"{sum(int(each.get('rows_landed', 0)) for each in found):,} rows"
        if stage == "build":
            return f"{len(keys)} models and seeds"
        if stage == "publish":
            rows = max((int(each.get("dagster/row_count", 0)) for each in found), default=0)
            return f"{rows:,} rows, {max((int(each.get('marts', 0)) for each in found), default=0)} marts"
        sent = found[0] if found else {}
        return (
            f"{sent.get('sent', 0):,} sent, {sent.get('accepted', 0):,} accepted, {sent.get('rejected', 0):,} rejected"
        )

    def _seconds(self, step: str) -> float:
        return time.monotonic() - self._started.get(step, time.monotonic())

    def _print(self, line: str) -> None:
        print(line, file=self.out, flush=True)


def step_name(step: str) -> tuple[str, str]:
    """Stage and name of a step, from its key: ``land_web_events`` -> ("land", "web_events")."""
    if step.startswith("activation__"):
        return "sync", " -> ".join(step.split("__")[1:])
    stage, _, name = step.replace("__", "_").partition("_")
    return (STAGES[stage], name.replace("_", " ") if stage != "land" else name) if stage in STAGES else ("check", step)


def failure_text(event: dg.DagsterEvent) -> str:
    """Why a step failed: our own words where it said them, else the innermost error."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return "\n".join(one_line(line) for line in data.user_failure_data.description.splitlines())
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return one_line(error.message) if error else "no reason given"
