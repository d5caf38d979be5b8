"""Sends one batch and records it: note it, send it, write its ledger file, forget the note; only then the next one.

A vendor that refuses a whole batch because of one row is answered by halving: of a thousand rows with one bad one, 999
are acknowledged and one is rejected, after about twenty calls. If refusals pile up (a bad row is rare, a thousand are
a mistake of ours), the rest of the refused rows is rejected by the batch instead of one by one; they come back in the
next plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from activation.destination import (
    Action,
    BatchRefused,
    BatchTooLarge,
    Contact,
    Destination,
    DestinationError,
    Member,
    Outcome,
)
from activation.ledger import SCHEMA, Ledger
from activation.pending import Pending, PendingFolder

MAX_REFUSALS = 200
_BEFORE_ANSWER = [name for name in SCHEMA.names if name != "recorded_at"]
_ANSWER = ("status", "reason", "request_id", "job_id", "remote_id")


@dataclass
class Sender:
    """One run's sending to one destination. ``names`` are the ledger columns that all its rows share."""

    destination: Destination
    connection: Any
    ledger: Ledger
    pending: PendingFolder
    names: dict[str, str]
    batches: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    accepted_by_action: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    tries: int = 0

    @property
    def sent(self) -> int:
        return sum(self.statuses.values())

    @property
    def rejected(self) -> int:
        return self.statuses["rejected"]

    @property
    def accepted(self) -> int:
        return self.sent - self.rejected

    def send(self, action: Action, members: Sequence[Member], is_move: bool = False) -> None:
        """Send one batch and record every row of it. Raises DestinationError; what was recorded before stays.

        A move is removed by the name it had over there and added anew, and recorded as the one update that it is, with
        the ids of both requests. If the run dies in between, the member is uncertain and the next plan does both again.
        """
        waiting = [list(members)]
        while waiting:
            batch = waiting.pop()
            note = self.pending.note(self._rows(action, batch, is_move))
            try:
                outcomes = self._call(action, batch, note.batch_id, is_move)
            except BatchRefused as refusal:
                self.pending.forget([note.batch_id])
                if not isinstance(refusal, BatchTooLarge):
                    self.refusals += 1
                if len(batch) > 1 and self.refusals <= MAX_REFUSALS:
                    middle = len(batch) // 2
                    waiting += [batch[middle:], batch[:middle]]
                    continue
                outcomes = [Outcome("rejected", refusal.reason, refusal.request_id or note.batch_id)] * len(batch)
            self.record(note, outcomes)

    def record(self, note: Pending, outcomes: Sequence[Outcome]) -> None:
        """Write the ledger file of a batch and forget that it was under way."""
        rows = note.rows
        if len(outcomes) != rows.num_rows:
            raise DestinationError(f"{len(outcomes)} outcomes for {rows.num_rows} rows")
        for name in _ANSWER:
            values = [getattr(outcome, name) for outcome in outcomes]
            if name == "request_id":  # every rejected row can be traced: by the vendor's id, the job's or our own
                values = [
                    outcome.request_id or (outcome.job_id or note.batch_id if outcome.status == "rejected" else None)
                    for outcome in outcomes
                ]
            known = rows[name].combine_chunks()  # the plan's reason and the remote id stay unless the answer has one
            answered = pa.compute.coalesce(pa.array(values, pa.string()), known)
            rows = rows.set_column(rows.schema.get_field_index(name), name, answered)
        self.ledger.record(rows)
        self.pending.forget([note.batch_id])
        self.batches += 1
        for action, outcome in zip(rows["action"].to_pylist(), outcomes, strict=True):
            self.statuses[outcome.status] += 1
            if outcome.status == "rejected":
                self.reasons[outcome.reason or ""] += 1
            else:
                self.accepted_by_action[action] += 1

    def resume(self, note: Pending) -> bool:
        """Record the outcome of a job that a killed run left behind. False when the vendor forgot the job."""
        outcomes = self._resumed(note)
        if outcomes is None:
            return False
        self.record(note, outcomes)
        return True

    def _resumed(self, note: Pending) -> list[Outcome] | None:
        return self.destination.resume(self.connection, note.job_id or "", note.customer_ids)

    def _call(self, action: Action, batch: Sequence[Member], batch_id: str, is_move: bool) -> list[Outcome]:
        def remember(job_id: str) -> None:
            self.pending.note_job(batch_id, job_id)

        if is_move:  # today's contact points are the new ones: the old person is known by remote id alone
            removed = self.destination.remove(
                self.connection, [replace(m, contact=Contact()) for m in batch], lambda _job_id: None
            )
            added = self.destination.add(self.connection, [replace(m, remote_id=None) for m in batch], remember)
            ids = [
                " ".join(filter(None, (one.request_id, other.request_id)))
                for one, other in zip(removed, added, strict=True)
            ]
            return [replace(outcome, request_id=both or None) for outcome, both in zip(added, ids, strict=True)]
        call = {"add": self.destination.add, "update": self.destination.update, "remove": self.destination.remove}
        return call[action](self.connection, batch, remember)

    def _rows(self, action: Action, members: Sequence[Member], is_move: bool) -> pa.Table:
        """The batch's ledger rows before the answer. Each try has its own batch_id, so refused tries leave no trace."""
        self.tries += 1
        columns: dict[str, list[Any]] = {name: [self.names.get(name)] * len(members) for name in _BEFORE_ANSWER} | {
            "batch_id": [f"{self.names['sync_run_id']}-{self.tries:06d}"] * len(members),
            "action": [action] * len(members),
            "customer_id": [member.customer_id for member in members],
            "event_id": [member.event_id for member in members],
            "fingerprint": [member.fingerprint for member in members],
            "reason": [member.reason for member in members],
            "remote_id": [None if is_move else member.remote_id for member in members],
            "consent_evidence_id": [member.evidence.consent_evidence_id for member in members],
            "consent_policy_version": [member.evidence.consent_policy_version for member in members],
            "consent_as_of": [member.evidence.consent_as_of for member in members],
        }
        return pa.Table.from_pydict(columns, schema=pa.schema([SCHEMA.field(name) for name in _BEFORE_ANSWER]))
