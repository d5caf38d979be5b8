"""Plan and apply of conversions: orders and their refunds from the activation copy to an ad platform, told once each.

The same course as an audience's sync (sync.py), with the same lock, notes, batches, bisection and ledger: ``plan``
finds the events that the ledger does not have (event_feed.py), ``apply`` sends exactly these, purchases before refunds,
and records every answer before it sends on. After a kill the next run

- records the outcome of a job that the vendor has,
- sends again what may or may not have arrived: it has the same id, so the platform knows it again;
- does not send again what was cut off longer ago than the platform remembers ids: it is recorded as
  ``accepted_unverified`` with that reason, since an order told twice is worse than one told never.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

import orjson

import selvage
from activation import discovery, event_feed
from activation.audience import Copy, open_copy
from activation.conversion import KINDS, SOURCES, Conversions, Event, Source
from activation.destination import CONVERSIONS, Action, Member, Outcome
from activation.event_feed import Feed
from activation.event_plans import EventPlan
from activation.ledger import Ledger, whole_file
from activation.lock import destination_lock
from activation.pending import Pending, PendingFolder
from activation.plans import StalePlan
from activation.sending import Sender
from activation.sync import check_ledger, stamp

log = logging.getLogger(__name__)
FORGOTTEN = "cut off before the answer came, and too long ago to be sent again without counting twice"


@dataclass(frozen=True)
class ConversionsResult:
    """The numbers of one run: events, but for ``seconds`` and ``batches``; ``purchases``, ``refunds``: accepted."""

    sync_run_id: str
    plan_id: str
    destination: str
    planned: int
    sent: int
    accepted: int
    rejected: int
    suppressed: int
    expired: int
    purchases: int
    refunds: int
    told: int
    rejected_reasons: dict[str, int]
    left_out: dict[str, int]
    batches: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class EventSender(Sender):
    """Sends events instead of members; all else is the same."""

    def _call(self, action: Action, batch: Sequence[Member], batch_id: str, is_move: bool) -> list[Outcome]:  # noqa: ARG002
        takes, events = cast("Conversions", self.destination), cast("Sequence[Event]", batch)
        return takes.send(self.connection, events, lambda job_id: self.pending.note_job(batch_id, job_id))

    def _resumed(self, note: Pending) -> list[Outcome] | None:
        takes = cast("Conversions", self.destination)
        return takes.resume(self.connection, note.job_id or "", note.event_ids)


@dataclass(frozen=True)
class _Run:
    """What plan and apply both need of one destination."""

    settings: selvage.Settings
    name: str
    takes: Conversions
    ledger: Ledger
    pending: PendingFolder

    @cached_property
    def given(self) -> dict[str, str]:
        """The settings, read when first needed. Raises selvage.MissingSettings naming all that are missing."""
        fields = {**discovery.find(self.name).SETTINGS, **self.takes.SETTINGS}
        return selvage.vendor(self.name, fields)

    @property
    def places(self) -> dict[Source, bool]:
        return {source: bool(self.given.get(setting)) for source, setting in self.takes.SOURCES.items()}

    @contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        with destination_lock(self.settings.work / "locks" / f"sync-{self.name}.lock", holder):
            yield

    def left_behind(self) -> list[Pending]:
        return [note for note in self.pending.open(self.ledger) if note.audience == CONVERSIONS]

    def sender(self, sync_run_id: str, plan_id: str, build_id: str, connect: bool = True) -> EventSender:
        names = {
            "sync_run_id": sync_run_id,
            "plan_id": plan_id,
            "build_id": build_id,
            "destination": self.name,
            "audience": CONVERSIONS,
        }
        connection = self.takes.connect(self.given) if connect else None
        return EventSender(cast("Any", self.takes), connection, self.ledger, self.pending, names)

    def recover(self) -> None:
        """Record what became of batches that a killed run left behind, as far as that can be told. Sends nothing."""
        now = datetime.now(UTC).replace(tzinfo=None)
        for note in self.left_behind():
            run_id, plan_id, build_id = (note.text(name) for name in ("sync_run_id", "plan_id", "build_id"))
            if note.job_id and self.sender(run_id, plan_id, build_id).resume(note):
                continue
            if self.takes.KNOWN_FOR is not None and now - note.noted_at >= self.takes.KNOWN_FOR:
                unknown = Outcome("accepted_unverified", FORGOTTEN)
                self.sender(run_id, plan_id, build_id, connect=False).record(note, [unknown] * note.rows.num_rows)


def destinations(name: str | None = None) -> list[str]:
    """The destinations of this brand that conversions go to, or the one of this name if they do."""
    settings = selvage.settings()
    with open_copy(settings.activation_file) as copy:
        found = [one.destination for one in event_feed.feeds(copy)]
    return [one for one in found if settings.brand.has_destination(one) and name in (None, one)]


def plan(destination: str, *, save: bool = True) -> EventPlan:
    """Find the events that were not told yet; nothing is sent.

    Raises LookupError (no such destination, or conversions do not go there), FileNotFoundError (nothing published yet).
    Where a killed run left a job at the vendor, its outcome is asked for and recorded first.
    """
    run = _open(destination)
    with open_copy(run.settings.activation_file) as copy:
        to = event_feed.feed(copy, destination)
        with run.locked("planning conversions"):
            run.recover()
            made = _compare(run, copy, to)
    if save:
        made.save(run.settings.work / "plans")
    return made


def apply(plan: EventPlan) -> ConversionsResult:
    """Send a plan. Applied again after a kill, it goes on where the ledger ends.

    Raises StalePlan before anything is sent; DestinationError when the destination cannot be used (what was
    acknowledged until then is in the ledger).
    """
    started = time.monotonic()
    run = _open(plan.destination)
    run_id = f"{stamp()}-{secrets.token_hex(3)}"
    with run.locked(f"applying {plan.plan_id}"), open_copy(run.settings.activation_file) as copy:
        if copy.build_id != plan.build_id:
            raise StalePlan(f"{plan.plan_id} was made from build {plan.build_id}; the data is now {copy.build_id}.")
        to = event_feed.feed(copy, plan.destination)
        run.recover()
        check_ledger(run.ledger, run.pending, plan)
        covered = [note.batch_id for note in run.left_behind()]
        run.ledger.tidy()
        run.pending.tidy()
        sender = run.sender(run_id, plan.plan_id, plan.build_id, connect=not plan.is_empty)
        for kind in KINDS if not plan.is_empty else ():
            for source in SOURCES:
                for events in event_feed.batches(copy, run.ledger, plan, to, run.takes, kind, source):
                    sender.send(cast("Action", kind), cast("list[Member]", events))
        run.pending.forget(covered)  # this plan held their events, or they may not be told any more
        result = _result(plan, run_id, sender, time.monotonic() - started)
        with whole_file(run.settings.work / "sync_runs" / f"{plan.destination}-{CONVERSIONS}.json") as partial:
            partial.write_bytes(orjson.dumps(result.to_dict(), option=orjson.OPT_INDENT_2))
    log.info(
        "conversions at %s: planned %d, sent %d, accepted %d, rejected %d, expired %d",
        result.destination, result.planned, result.sent, result.accepted, result.rejected, result.expired,
    )  # fmt: skip
    return result


def _open(name: str) -> _Run:
    settings = selvage.settings()
    takes = discovery.conversions(name)
    return _Run(settings, name, takes, Ledger(settings.ledger, name), PendingFolder(settings.work, name))


def _compare(run: _Run, copy: Copy, to: Feed) -> EventPlan:
    position = run.ledger.position(CONVERSIONS)
    under_way = run.left_behind()
    copy.suppressions(to.channel, to.purpose)
    now = datetime.now(UTC).replace(tzinfo=None)
    # Now, in the time of the data: what its newest row said, and what has passed since it was built.
    moment = copy.as_of + (now - copy.built_at) if copy.as_of and copy.built_at else now
    event_feed.compare(copy, run.ledger, to, run.takes, run.places, moment, run.settings.hash_key())
    counts, left_out, events = event_feed.counted(copy)
    made_at = stamp()
    return EventPlan(
        plan_id=f"{run.name}-{CONVERSIONS}-{made_at}-{secrets.token_hex(3)}",
        build_id=copy.build_id,
        destination=run.name,
        made_at=made_at,
        ledger_position=position,
        counts=counts,
        left_out=left_out,
        events=events,
        covers=tuple(note.batch_id for note in under_way),
    )


def _result(plan: EventPlan, run_id: str, sender: EventSender, seconds: float) -> ConversionsResult:
    accepted = cast("dict[str, int]", sender.accepted_by_action)
    return ConversionsResult(
        sync_run_id=run_id,
        plan_id=plan.plan_id,
        destination=plan.destination,
        planned=plan.events.num_rows,
        sent=sender.sent,
        accepted=sender.accepted,
        rejected=sender.rejected,
        suppressed=plan.counts["suppressed"],
        expired=plan.counts["expired"],
        purchases=accepted["purchase"],
        refunds=accepted["refund"],
        told=plan.counts["told"] + sender.accepted,
        rejected_reasons=dict(sender.reasons),
        left_out=dict(plan.left_out),
        batches=sender.batches,
        seconds=round(seconds, 3),
    )
