"""The ledger: what every destination was told and what it answered. Append-only Parquet, one file per answered batch.

``ledger/<destination>/<batch_id>.parquet`` is written under another name, flushed and renamed before the next batch is
sent, so a reader (dbt, a second process) sees whole files only and never needs a lock. Only the sync of a destination,
which holds that destination's lock, writes its folder. State is a query: the latest acknowledged action per audience
and customer.

Many small files are folded into one by the sync itself. The new file names those it holds in its own metadata, so one
rename brings both the rows and the knowledge of what to delete; the old files go at a later sync, a grace time after,
when no reader can still be about to open them. Until then a row stands in two files: readers take one row per
(batch_id, customer_id, event_id), which is the ledger's key; only conversions have an event_id.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in (
            "sync_run_id", "plan_id", "build_id", "batch_id", "destination", "audience", "customer_id", "event_id",
            "action", "fingerprint", "status", "reason", "request_id", "job_id", "remote_id", "consent_evidence_id",
            "consent_policy_version",
        )),
        ("consent_as_of", pa.timestamp("us")),
        ("recorded_at", pa.timestamp("us")),
    ]
)  # fmt: skip
ARMS_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("audience", "customer_id", "arm", "destination", "plan_id")),
        ("holdout_share", pa.float64()),
        ("assigned_at", pa.timestamp("us")),
        ("recorded_at", pa.timestamp("us")),
    ]
)
"""Of the history of arms (holdouts.py), which lies in a folder of its own beside the answers."""
FOLD_FILES = 200
GRACE_SECONDS = 3600.0
_HOLDS = b"selvage.holds"


def initialise(ledger: Path) -> Path:
    """Make the schema-only file, so that readers find columns before the first sync. Returns its path."""
    initialise_folder(ledger / "_schema" / "arms", ARMS_SCHEMA)
    return initialise_folder(ledger / "_schema", SCHEMA)


def initialise_folder(folder: Path, schema: pa.Schema) -> Path:
    """Make a file without rows in a folder. Returns its path."""
    path = folder / "empty.parquet"
    if not path.exists() or pq.read_schema(path).names != schema.names:
        write_file(path, schema.empty_table())
    return path


def conform(table: pa.Table, schema: pa.Schema = SCHEMA) -> pa.Table:
    """The columns of the schema in their order; a column that is younger than the file is empty."""
    for name in schema.names:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, schema.field(name).type))
    return table.select(schema.names).cast(schema)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name to write to; the file appears under ``path`` only once it is complete and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.partial")
    yield partial
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_file(path: Path, table: pa.Table) -> None:
    with whole_file(path) as partial:
        pq.write_table(table, partial)


def all_rows(ledger: Path, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """The rows of all destinations; a row that was just folded may come twice."""
    initialise(ledger)
    return connection.read_parquet(sorted(map(str, ledger.glob("*/*.parquet"))), union_by_name=True)


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One DuckDB in memory for small questions: making one costs more than they do."""
    return duckdb.connect()


class Ledger:
    """The ledger of one destination. The caller holds the destination's lock for everything that writes."""

    def __init__(self, folder: Path, destination: str) -> None:
        self.root = folder
        self.folder = folder / destination
        self.schema_file = initialise(folder)
        self._last: datetime | None = None

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def record(self, rows: pa.Table) -> pa.Table:
        """Append one batch (all columns but ``recorded_at``; one batch_id). Recording it again replaces it."""
        table = rows.append_column("recorded_at", pa.repeat(pa.scalar(self._now(), pa.timestamp("us")), rows.num_rows))
        table = conform(table)
        write_file(self.path(table["batch_id"][0].as_py()), table)
        return table

    def path(self, batch_id: str) -> Path:
        return self.folder / f"{batch_id}.parquet"

    def rows(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """All rows of this destination, each once."""
        files = [str(path) for path in (self.schema_file, *self.files())]
        relation = connection.read_parquet(files, union_by_name=True)
        if any(path.name.startswith("folded-") for path in self.files()):
            return relation.distinct()
        return relation

    def position(self, audience: str, except_plan: str | None = None) -> str:
        """When something was last recorded for the audience (ISO text, '' if never), by any other plan."""
        with _engine().cursor() as connection:
            rows = self.rows(connection)  # noqa: F841  (DuckDB finds it by its name)
            found = connection.execute(
                "select max(recorded_at) from rows where audience = ? and plan_id is distinct from ?",
                [audience, except_plan],
            ).fetchone()
        return found[0].isoformat() if found and found[0] else ""

    def tidy(self, fold_files: int = FOLD_FILES, grace_seconds: float = GRACE_SECONDS) -> None:
        """Remove what a killed run left half-written and fold many small files into one. Safe to kill at any point."""
        tidy_folder(self.folder, SCHEMA, fold_files, grace_seconds)

    def _now(self) -> datetime:
        """The time of the record, later than every record before it even if the clock was set back."""
        if self._last is None:
            with _engine().cursor() as connection:
                rows = self.rows(connection)  # noqa: F841
                found = connection.execute("select max(recorded_at) from rows").fetchone()
            self._last = (found[0] if found else None) or datetime(1, 1, 1)  # noqa: DTZ001  (naive UTC, as in every table)
        self._last = max(datetime.now(UTC).replace(tzinfo=None), self._last + timedelta(microseconds=1))
        return self._last


def tidy_folder(
    folder: Path, schema: pa.Schema, fold_files: int = FOLD_FILES, grace_seconds: float = GRACE_SECONDS
) -> None:
    """The same for the files of any folder that only the caller writes."""
    for partial in folder.glob(".*.partial"):
        partial.unlink()
    held: set[str] = set()
    for path in folder.glob("folded-*.parquet"):
        names = _holds(path)
        held.update(names)
        if time.time() - path.stat().st_mtime >= grace_seconds:
            for name in names:
                (folder / name).unlink(missing_ok=True)
    loose = [path for path in sorted(folder.glob("*.parquet")) if not path.name.startswith("folded-")]
    small = [path for path in loose if path.name not in held]
    if len(small) > fold_files:
        _fold(small, schema)


def _fold(files: Sequence[Path], schema: pa.Schema) -> None:
    holds = json.dumps([path.name for path in files]).encode()
    with (
        whole_file(files[-1].with_name(f"folded-{files[-1].name}")) as partial,
        pq.ParquetWriter(partial, schema.with_metadata({_HOLDS: holds})) as writer,
    ):
        for path in files:
            writer.write_table(conform(pq.read_table(path), schema))


def _holds(path: Path) -> list[str]:
    metadata = pq.read_schema(path).metadata or {}
    return list(json.loads(metadata.get(_HOLDS, b"[]")))
