"""Alerts: what somebody should know of a run, told when it begins and once more when it is over.

- ``failure``: a step failed, or a run ended without saying why.
- ``rejects``: a destination refused more than a share of what a sync sent.
- ``count``: an audience's members are off the mean of its syncs before.
- ``stale``: a source is not fresh.
- ``version``: the version of a vendor's API in use ends soon.

What a run looked at and found well is over; of what it did not come to (a part of the graph, a step after a failed one)
nothing is said. Each channel has its own memory of what it was told (``work/alerts.json``), so one that can't be
reached gets it after the next run, and the others don't get it twice. ``python -m orchestration run`` tells at its end;
after a run that the UI or a schedule started, Dagster's daemon does (two sensors).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import dagster as dg

import selvage
from activation.ledger import whole_file
from orchestration import alert_channels, versions
from orchestration.progress import failure_text, step_name
from warehouse.dbt import one_line

STARTED_BY_COMMAND = {"selvage/started_by": "run"}
MEMORY = "alerts.json"
RUN = ("failure", "run")

Memory = dict[str, dict[str, dict[str, str]]]
"""Channel -> kind and subject -> the text it was told, and since when."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """One thing that is not well. ``subject``: the step, sync or source; with ``kind`` its name as long as it lasts."""

    kind: str
    subject: str
    text: str

    @property
    def name(self) -> tuple[str, str]:
        return self.kind, self.subject


@dataclass(frozen=True)
class Findings:
    """What a run looked at (kind, subject), and what of it is not well."""

    looked_at: frozenset[tuple[str, str]]
    alerts: tuple[Alert, ...]


def tell(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Tell every channel what began and what is over with this run. Returns the notices that went out."""
    settings = selvage.settings()
    channels = alert_channels.configured()
    if not channels:
        return []
    found = find(instance, run_id, settings.brand.alerts)
    file = settings.work / MEMORY
    memory = _read(file)
    now, told = datetime.now(UTC).isoformat(timespec="seconds"), []
    not_well = {alert.name: alert for alert in found.alerts}
    for channel in channels:
        known = memory.setdefault(channel.name, {})
        begun = [alert for name, alert in not_well.items() if _key(name) not in known]
        over = {_key(name) for name in found.looked_at - set(not_well)} & set(known)
        if not begun and not over:
            continue
        lines = [f"{alert.kind}, {alert.subject}: {alert.text}" for alert in begun]
        lines += [f"well again, {key} (since {known[key]['since']}: {known[key]['text']})" for key in sorted(over)]
        title = f"Selvage {settings.brand.name} ({settings.env}): {len(begun)} not well, {len(over)} well again"
        try:
            channel.send(title, lines)
        except alert_channels.ChannelError as failed:
            log.warning("alerts: %s; what it was not told now it gets after the next run", failed)
            continue
        for key in over:
            del known[key]
        known |= {_key(alert.name): {"text": alert.text, "since": now} for alert in begun}
        told.append(f"{channel.name}: {title}")
    with whole_file(file) as partial:
        partial.write_text(json.dumps(memory, indent=2))
    return told


def _read(file: Path) -> Memory:
    """The memory; a new one where the file can't be read: an alert told twice is better than none."""
    if not file.exists():
        return {}
    try:
        memory: Memory = json.loads(file.read_bytes())
        for alerts in memory.values():
            for one in alerts.values():
                one["text"], one["since"]
    except (ValueError, TypeError, AttributeError, KeyError) as broken:
        log.warning(
            "alerts: %s can't be read (%s), so it is begun anew: what is still not well is told once more, and of what "
            "is over by now nobody is told",
            file.name,
            type(broken).__name__,
        )
        return {}
    return memory


def sensors() -> list[dg.SensorDefinition]:
    """Two, as Dagster tells of ended runs by their status."""

    def after(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        if STARTED_BY_COMMAND.items() <= context.dagster_run.tags.items():
            return dg.SkipReason("the command that started this run tells by itself")
        tell(context.instance, context.dagster_run.run_id)
        return None

    return [
        dg.run_status_sensor(
            run_status=status,
            name=f"alerts_after_{status.value.lower()}",
            description="Tells the configured channels what is not well after a run, and what is well again.",
            default_status=dg.DefaultSensorStatus.RUNNING,
        )(after)
        for status in (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)
    ]


def _key(name: tuple[str, str]) -> str:
    return ": ".join(name)


def find(instance: dg.DagsterInstance, run_id: str, limits: selvage.Alerts) -> Findings:
    """Judge one ended run by its events."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        raise LookupError(f"There is no run {run_id}")
    looked_at, alerts = {RUN}, []
    judges: dict[dg.DagsterEventType, Callable[[dg.DagsterEvent], Iterator[tuple[str, str, str | None]]]] = {
        dg.DagsterEventType.STEP_SUCCESS: _step,
        dg.DagsterEventType.STEP_FAILURE: _step,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION: _check,
        dg.DagsterEventType.ASSET_MATERIALIZATION: lambda event: _sync(instance, run_id, event, limits),
    }
    for entry in instance.all_logs(run_id, of_type=set(judges)):
        event = entry.get_dagster_event()
        for kind, subject, text in judges[event.event_type](event):
            looked_at.add((kind, subject))
            if text:
                alerts.append(Alert(kind, subject, text))
    if run.status == dg.DagsterRunStatus.FAILURE and not any(alert.kind in ("failure", "stale") for alert in alerts):
        alerts.append(Alert(*RUN, "the run ended before its steps did; `python -m orchestration ui` shows its log"))
    return Findings(frozenset(looked_at), tuple(alerts))


def _step(event: dg.DagsterEvent) -> Iterator[tuple[str, str, str | None]]:
    subject = " ".join(step_name(event.step_key or ""))
    yield "failure", subject, failure_text(event).replace("\n", "; ") if event.is_step_failure else None


def _check(event: dg.DagsterEvent) -> Iterator[tuple[str, str, str | None]]:
    found = event.asset_check_evaluation_data
    if found.check_name.endswith("_is_fresh"):
        text = None if found.passed else one_line(found.description or "it is not fresh")
        yield "stale", found.check_name.removesuffix("_is_fresh"), text
    elif served := versions.NAME.fullmatch(found.check_name):
        yield "version", served[1], None if found.passed else one_line(found.description or "it ends soon")


def _sync(
    instance: dg.DagsterInstance, run_id: str, event: dg.DagsterEvent, limits: selvage.Alerts
) -> Iterator[tuple[str, str, str | None]]:
    materialized = event.step_materialization_data.materialization
    room, *route = materialized.asset_key.path
    if room != "activation" or len(route) != 2:
        return
    numbers, subject = _numbers(materialized), " -> ".join(route)
    sent, rejected = numbers.get("sent", 0), numbers.get("rejected", 0)
    is_refused = rejected > limits.reject_share * sent
    yield "rejects", subject, f"{rejected:,} of {sent:,} rows were rejected" if is_refused else None
    if "members" in numbers:
        before = instance.fetch_materializations(materialized.asset_key, limit=limits.count_runs + 1).records
        counts = [
            found["members"]
            for record in before
            if record.run_id != run_id
            and record.asset_materialization
            and "members" in (found := _numbers(record.asset_materialization))
        ]
        yield "count", subject, _off(numbers["members"], counts[: limits.count_runs], limits)


def _off(members: int, before: list[int], limits: selvage.Alerts) -> str | None:
    """Off the moving average: by more than a share of it, where it is large enough for a share to mean something."""
    mean = fmean(before) if before else 0.0
    if mean < limits.count_minimum or abs(members - mean) <= limits.count_deviation * mean:
        return None
    return f"{members:,} members; the {len(before)} syncs before had {mean:,.0f} on average"


def _numbers(materialized: dg.AssetMaterialization) -> dict[str, int]:
    return {name: value.value for name, value in materialized.metadata.items() if isinstance(value.value, int)}
