"""From a vendor to the warehouse: the dlt pipeline of a source, and the one call that runs it.

``land`` reads a source and merges what changed into ``raw_<vendor>``. The three steps of dlt keep apart what can fail:
extract (the network; nothing of it is visible before it is complete), normalize, load (under the write lock). A run
that dies while loading leaves a finished package behind, and the next one loads it first. How far a source has been
read is kept in dlt's state, which is loaded with the rows, so rows and state can't disagree.

dlt is configured in code, not by its own files or variables (``dlt_settings``); its working folder lies in the home.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dlt
import duckdb
import pandas  # noqa: F401, ICN001  # whole before any thread reads: DuckDB takes what it finds, half loaded too
from dlt.common.pipeline import ExtractInfo, LoadInfo
from dlt.extract.source import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.pipeline.pipeline import Pipeline

import selvage
from ingestion import discovery, dlt_settings, erasing, reading
from ingestion.window import Progress, Window
from warehouse.content_hash import quoted
from warehouse.lock import write_lock

log = logging.getLogger(__name__)

LONGEST_RUN_SECONDS = 6 * 3600.0  # a first reading of years, or a chunk of a backfill
SCHEMA_CONTRACT = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}


class SourceFailed(RuntimeError):
    """A source could not be read or loaded; what was landed before stays, and the next run goes on from there."""


@dataclass(frozen=True)
class Landed:
    """What one ``land`` did. ``rows`` by raw table, ``raw_rows`` in all; times come from the vendor, or are None."""

    vendor: str
    rows: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    newest_event_at: datetime | None = None
    vendor_now: datetime | None = None
    notes: tuple[str, ...] = ()
    raw_rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class LockedPipeline(Pipeline):
    """A dlt pipeline that holds the write lock whenever it has the warehouse open, and always reads a whole source.

    Runs of one vendor take turns: one that has read an older version must not load it over a newer one, and two
    processes can't share dlt's working folder. ``landed`` tells what the last run did; ``reads_all`` is false where
    only some named objects are read, which says nothing of how fresh the vendor's rows are. ``raw_rows`` are counted
    whenever the warehouse is open anyway: opening it reads its whole catalog.
    """

    landed: Landed
    raw_rows: Mapping[str, int] = MappingProxyType({})
    reads_all = True

    def _sync_destination(self, *arguments: Any, **named: Any) -> None:
        with self._held_open("state of") as connection:
            super()._sync_destination(*arguments, **named)
            self.raw_rows = raw_rows(connection, self.dataset_name)

    def load(self, *arguments: Any, **named: Any) -> LoadInfo:
        purpose, brings = "load of", bool(self.list_normalized_load_packages())
        with self._held_open(purpose) if brings else self._locked(purpose) as connection:
            info = super().load(*arguments, **named)
            erasing.redact_again(self.dataset_name.removeprefix("raw_"))
            if connection:
                self.raw_rows = raw_rows(connection, self.dataset_name)
            return info

    @contextmanager
    def _held_open(self, purpose: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open until dlt is done: else each of its steps would read the catalog again."""
        with self._locked(purpose), duckdb.connect(str(selvage.settings().warehouse)) as connection:
            yield connection

    def _locked(self, purpose: str) -> AbstractContextManager[None]:
        return write_lock(f"{purpose} {self.pipeline_name}")

    def run(self, data: Any = None, **named: Any) -> LoadInfo:
        """As dlt's; a complete reading of a source is also noted for the freshness checks (``note_read``)."""
        vendor = self.dataset_name.removeprefix("raw_")
        with vendor_lock(vendor):
            was_pending = self.has_pending_data
            try:
                with reading.recorded(vendor) as read:
                    info = super().run(data, **named)
            finally:
                self._remove_half_read()
        notes, counts = tuple(read.notes), self.raw_rows
        self.landed = Landed(vendor, _rows(self), 0.0, read.newest_event_at, read.vendor_now, notes, counts)
        if data is not None and not was_pending and self.pipeline_name == vendor and self.reads_all:
            note_read(self.landed)
        return info

    def extract(self, data: Any, **named: Any) -> ExtractInfo:
        # Tables of a source share one reading and its cursor: read for some of them only, it would move past the rest.
        if isinstance(data, DltSource):
            tables = [name for name, resource in data.resources.items() if resource.is_transformer]
            data = data.with_resources(*tables) if tables else data
        return super().extract(data, **named)

    def _remove_half_read(self) -> None:
        """Delete what a failed extract leaves behind: nothing reads it again, and it holds personal data."""
        for folder in Path(self.working_dir, "normalize").glob(16 * "[0-9a-f]"):
            shutil.rmtree(folder, ignore_errors=True)


def vendor_lock(vendor: str, timeout_seconds: float = LONGEST_RUN_SECONDS) -> AbstractContextManager[None]:
    """The turn of one run of a vendor's pipelines; raises WriteLockTimeout."""
    return write_lock(f"landing {vendor}", timeout_seconds, selvage.settings().work / "dlt" / f"{vendor}.lock")


def pipeline(vendor: str, purpose: str = "") -> LockedPipeline:
    """The pipeline of a vendor; with a ``purpose`` ("backfill") a second one with a state of its own."""
    dlt_settings.configure()
    home = selvage.settings()
    home.work.mkdir(parents=True, exist_ok=True, mode=0o700)
    return dlt.pipeline(
        pipeline_name=f"{vendor}_{purpose}" if purpose else vendor,
        destination=_warehouse(home.warehouse),
        dataset_name=f"raw_{vendor}",
        pipelines_dir=str(home.work / "dlt"),
        _impl_cls=LockedPipeline,
    )


def _warehouse(file: Path) -> Any:
    """The destination. What it can do depends on its configuration, which dlt would resolve anew whenever it asks."""
    found = dlt.destinations.duckdb(str(file))
    configured, capabilities = found.configuration(found.spec(), accept_partial=True), found.capabilities
    found.capabilities = lambda config=None, naming=None: capabilities(config or configured, naming)
    return found


def run_arguments() -> dict[str, Any]:
    """What every run of a pipeline is given besides its source."""
    return {"loader_file_format": "parquet", "schema_contract": SCHEMA_CONTRACT}


def check_settings(vendors: Iterable[str]) -> None:
    """Raises one MissingSettings that names everything these vendors lack, before any work is done."""
    known = discovery.sources()
    selvage.require({vendor: known[vendor].SETTINGS for vendor in vendors})


def land(vendor: str, window: Window | None = None) -> Landed:
    """Read what changed at a vendor, or with a ``window`` that span again, and merge it into ``raw_<vendor>``.

    A window leaves the position of the ordinary reads where it is, can be stopped, and goes on where it stopped.
    Raises MissingSettings before anything is read, SourceFailed when the vendor or the load fails.
    """
    check_settings([vendor])
    module = discovery.sources()[vendor]
    started = time.monotonic()
    flow = pipeline(vendor, "backfill" if window else "")
    parts: list[Landed] = []

    def run(source: DltSource | None) -> None:
        flow.run(source, **run_arguments())
        parts.append(flow.landed)

    try:
        if flow.has_pending_data:
            log.info("%s: loading what the last run had read", vendor)
            run(None)
        if window is None:
            run(module.source())
        else:
            progress = Progress(selvage.settings().work, vendor, window)
            for chunk in progress.left():
                run(module.source(window=chunk))
                progress.done(chunk)
                log.info("%s: %s to %s loaded", vendor, chunk.start, chunk.end)
            progress.finished()
    except PipelineStepFailed as failure:
        raise failed(vendor, failure) from failure
    landed = _sum(vendor, parts, round(time.monotonic() - started, 2))
    log.info("%s: %s rows landed in %.1f s", vendor, f"{landed.total:,}", landed.seconds)
    return landed


def failed(vendor: str, failure: PipelineStepFailed) -> SourceFailed:
    """What a person is told of it, which holds no value of a row."""
    return SourceFailed(f"{vendor}: {failure.step} failed: {_cause(failure)}")


def note_read(landed: Landed) -> None:
    """Write down when the vendor was last read well: freshness checks look at ``work/reads/<vendor>.json``."""
    file = selvage.settings().work / "reads" / f"{landed.vendor}.json"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = json.loads(file.read_text()) if file.exists() else {}
    newest = landed.newest_event_at.isoformat() if landed.newest_event_at else None
    content = {
        "read_at": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        "vendor_now": landed.vendor_now.isoformat() if landed.vendor_now else None,
        "newest_event_at": max(filter(None, (newest, before.get("newest_event_at"))), default=None),
        "rows": dict(landed.rows),
    }
    partial = file.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(content, indent=1))
    partial.replace(file)


def _rows(flow: Pipeline) -> dict[str, int]:
    """How many rows the last run brought into each table (dlt's own tables left out)."""
    trace = flow.last_trace
    info = trace.last_normalize_info if trace else None
    counts = info.row_counts if info else {}
    return {table: count for table, count in counts.items() if not table.startswith("_dlt")}


def raw_rows(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    """Rows of each table of a raw schema but dlt's own; what dlt counts fails on a load that brought nothing."""
    found = connection.execute(
        "select table_name from duckdb_tables() where schema_name = ? and not starts_with(table_name, '_dlt')", [schema]
    ).fetchall()
    if not found:
        return {}
    counted = (f"select '{name}', count(*) from {quoted(schema, name)}" for (name,) in found)
    return dict(connection.execute(" union all ".join(counted)).fetchall())


def _sum(vendor: str, parts: list[Landed], seconds: float) -> Landed:
    rows: Counter[str] = Counter()
    for part in parts:
        rows.update(part.rows)
    return Landed(
        vendor=vendor,
        rows=dict(rows),
        seconds=seconds,
        newest_event_at=max((part.newest_event_at for part in parts if part.newest_event_at), default=None),
        vendor_now=max((part.vendor_now for part in parts if part.vendor_now), default=None),
        notes=tuple(note for part in parts for note in part.notes),
        raw_rows=parts[-1].raw_rows if parts else {},
    )


def _cause(failure: BaseException) -> str:
    """The innermost reason; a database quotes values in its messages, which may be personal and are left out."""
    while (inner := failure.__cause__ or failure.__context__) is not None:
        failure = inner
    text = (str(failure).splitlines() or [""])[0]
    if isinstance(failure, duckdb.Error):
        text = re.sub(r"\"[^\"]*\"|'[^']*'", "...", text)
    return f"{type(failure).__name__}: {text}"
