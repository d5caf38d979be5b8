"""What is under way: a batch is noted before it is sent and forgotten once the ledger has its answer.

``work/pending/<destination>/<batch_id>.parquet`` holds the batch's ledger rows without an outcome (no personal data),
``<batch_id>.job`` the id of the vendor's job, saved before the first poll. After a kill

- a batch that the ledger already has is simply forgotten,
- a batch with a job is asked for: the job goes on at the vendor and its outcome is recorded, nothing is sent again,
- a batch without a job may or may not have arrived: its customers are uncertain. The next plan sends those who are
  desired again (writes are safe to repeat) and removes the others even though the ledger never heard of them. An
  answer recorded later for the same customer ends the uncertainty.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from activation.ledger import Ledger, conform, whole_file, write_file


@dataclass(frozen=True)
class Pending:
    """One batch under way: its ledger rows, still without status, and its job's id if there is one."""

    rows: pa.Table
    job_id: str | None
    noted_at: datetime

    def text(self, column: str) -> str:
        """A column that is the same in all rows: batch_id, sync_run_id, plan_id, build_id, audience."""
        return str(self.rows[column][0].as_py())

    @property
    def batch_id(self) -> str:
        return self.text("batch_id")

    @property
    def audience(self) -> str:
        return self.text("audience")

    @property
    def customer_ids(self) -> list[str]:
        return list(self.rows["customer_id"].to_pylist())

    @property
    def event_ids(self) -> list[str]:
        """Of a batch of conversions: its events, in the order in which they were sent."""
        return list(self.rows["event_id"].to_pylist())

    def uncertain(self) -> pa.Table:
        """Who may have arrived under which fingerprint: customer_id, fingerprint, noted_at."""
        noted_at = pa.repeat(pa.scalar(self.noted_at, pa.timestamp("us")), self.rows.num_rows)
        return self.rows.select(["customer_id", "fingerprint"]).append_column("noted_at", noted_at)


def under_way(work: Path, ledger: Path) -> pa.Table:
    """The rows of all destinations' batches whose answer no ledger has. Only reads, so that no lock is needed."""
    found = [pa.schema([(name, pa.string()) for name in ("batch_id", "destination", "audience")]).empty_table()]
    for path in sorted((work / "pending").glob("*/*.parquet")):
        if not (ledger / path.parent.name / path.name).exists():
            with suppress(FileNotFoundError):  # answered or refused just now
                found.append(pq.read_table(path))
    return conform(pa.concat_tables(found, promote_options="default"))


class PendingFolder:
    """The batches of one destination that are under way. The caller holds the destination's lock."""

    def __init__(self, work: Path, destination: str) -> None:
        self.folder = work / "pending" / destination

    def note(self, rows: pa.Table) -> Pending:
        """Before sending: these rows are about to go out."""
        pending = Pending(rows, None, datetime.now(UTC).replace(tzinfo=None))
        write_file(self.folder / f"{pending.batch_id}.parquet", rows)
        return pending

    def note_job(self, batch_id: str, job_id: str) -> None:
        """The vendor took the batch as a job: from here on it can be asked for."""
        with whole_file(self.folder / f"{batch_id}.job") as partial:
            partial.write_text(job_id)

    def forget(self, batch_ids: Iterable[str]) -> None:
        """The ledger has the answer, or a later plan covers it. The rows go first: a job alone means nothing."""
        for batch_id in batch_ids:
            (self.folder / f"{batch_id}.parquet").unlink(missing_ok=True)
            (self.folder / f"{batch_id}.job").unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what a killed run left half-written or half-forgotten."""
        for partial in self.folder.glob(".*.partial"):
            partial.unlink()
        for job in self.folder.glob("*.job"):
            if not job.with_suffix(".parquet").exists():
                job.unlink()

    def open(self, ledger: Ledger) -> list[Pending]:
        """All batches whose answer the ledger does not have, oldest first."""
        found = []
        for path in sorted(self.folder.glob("*.parquet")):
            if ledger.path(path.stem).exists():
                self.forget([path.stem])
                continue
            job = path.with_suffix(".job")
            noted_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
            found.append(Pending(pq.read_table(path), job.read_text() if job.exists() else None, noted_at))
        return found
