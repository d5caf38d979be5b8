"""Plan and apply: from the activation copy to a destination, by way of the ledger.

``plan`` compares the members that the copy wants with what the ledger says the destination acknowledged; ``apply``
sends exactly that plan, removals first, batch by batch, and records every answer before it sends on. Both are functions
of files (activation.duckdb, ledger/, work/), so a run killed at any point is finished by the next one:

- what was recorded is not sent again: the plan starts from the ledger, and a plan applied again skips its own rows;
- what was under way is asked for (a job) or sent again (writes are safe to repeat), see pending.py.

The warehouse is never opened here, and its write lock never taken.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

import selvage
from activation import diff, discovery
from activation.audience import Copy, open_copy
from activation.destination import Action, Audience, Destination
from activation.holdouts import Arms, new_arms
from activation.ledger import Ledger, whole_file
from activation.lock import destination_lock
from activation.members import batches
from activation.pending import PendingFolder
from activation.plans import Plan, StalePlan
from activation.sending import Sender
from activation.state import member_count, read_state
from activation.turns import Turns, left_out

if TYPE_CHECKING:
    from activation.event_plans import EventPlan

log = logging.getLogger(__name__)

# What frees a remote person goes before what takes one: the address that one customer leaves may be another's next.
STEPS: tuple[tuple[Action, bool], ...] = (("remove", False), ("update", True), ("add", False), ("update", False))


@dataclass(frozen=True)
class SyncResult:
    """The numbers of one sync run; every sync reports the same ones. Rows, except ``batches`` and ``seconds``.

    ``members`` are those whom the destination holds after it, as far as it acknowledged them.
    """

    sync_run_id: str
    plan_id: str
    audience: str
    destination: str
    planned: int
    sent: int
    accepted: int
    rejected: int
    suppressed: int
    held_out: int
    outranked: int
    waiting: int
    added: int
    updated: int
    removed: int
    members: int
    rejected_reasons: dict[str, int]
    batches: int
    seconds: float
    approved_by: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Sync:
    """What plan and apply both need of one destination."""

    settings: selvage.Settings
    name: str
    destination: Destination
    ledger: Ledger
    arms: Arms
    pending: PendingFolder

    @contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        with destination_lock(self.settings.work / "locks" / f"sync-{self.name}.lock", holder):
            yield

    def connect(self, audience: Audience) -> Any:
        """Reads the credentials now. Raises selvage.MissingSettings naming all that are missing."""
        return self.destination.connect(selvage.vendor(self.name, self.destination.SETTINGS), audience)

    def turns(self, copy: Copy, audience: Audience, is_adding: bool = True) -> Turns:
        return Turns(self.settings, audience, tuple(copy.audiences()), is_adding)

    def recover(self, audience: Audience) -> None:
        """Record the outcome of jobs that a killed run left behind. Sends nothing."""
        for note in self.pending.open(self.ledger):
            if note.audience == audience.name and note.job_id:
                run_id, plan_id, build_id = (note.text(name) for name in ("sync_run_id", "plan_id", "build_id"))
                self.sender(audience, run_id, plan_id, build_id).resume(note)

    def sender(self, audience: Audience, sync_run_id: str, plan_id: str, build_id: str, connect: bool = True) -> Sender:
        """The sender of one run. An empty plan connects to nothing."""
        names = {
            "sync_run_id": sync_run_id,
            "plan_id": plan_id,
            "build_id": build_id,
            "destination": self.name,
            "audience": audience.name,
        }
        connection = self.connect(audience) if connect else None
        return Sender(self.destination, connection, self.ledger, self.pending, names)


def plan(audience: str, destination: str, *, resend: bool = False, save: bool = True) -> Plan:
    """Compare what is wanted with what was acknowledged; nothing is sent.

    ``resend`` tells every member again. Raises UnknownAudience, LookupError (destination), FileNotFoundError (nothing
    published yet). Where a killed run left a job at the vendor, its outcome is asked for and recorded first.
    """
    sync = _open(destination)
    with open_copy(sync.settings.activation_file) as copy:
        spec = copy.audience(audience, destination)
        with sync.locked(f"planning {spec.name}"):
            sync.recover(spec)
            made = _compare(sync, copy, spec, resend)
    if save:
        made.save(sync.settings.work / "plans")
    return made


def apply(plan: Plan, *, approved_by: str | None = None, allow_empty: bool = False) -> SyncResult:
    """Send a plan. Applied again after a kill, it goes on where the ledger ends.

    Raises StalePlan, RemovalGuard and EmptyAudience before anything is sent; DestinationError when the destination
    cannot be used (what was acknowledged until then is in the ledger).
    """
    started = time.monotonic()
    sync = _open(plan.destination)
    run_id = f"{stamp()}-{secrets.token_hex(3)}"
    with sync.locked(f"applying {plan.plan_id}"), open_copy(sync.settings.activation_file) as copy:
        if copy.build_id != plan.build_id:
            raise StalePlan(f"{plan.plan_id} was made from build {plan.build_id}; the data is now {copy.build_id}.")
        spec = copy.audience(plan.audience, plan.destination)
        plan.check_guards(approved_by, allow_empty)
        sync.recover(spec)
        check_ledger(sync.ledger, sync.pending, plan)
        left_behind = [note for note in sync.pending.open(sync.ledger) if note.audience == spec.name]
        sync.ledger.tidy()
        sync.arms.tidy()
        sync.pending.tidy()
        sync.arms.record(plan.plan_id, plan.arms)
        sender = sync.sender(spec, run_id, plan.plan_id, plan.build_id, connect=not plan.is_empty)
        turns = sync.turns(copy, spec, is_adding=plan.adds > 0)
        with turns.locked():
            turns.read_waiting(copy)  # again: since the plan was made, another sync may have used up the turn
            if not plan.is_empty:
                read_state(copy.connection, sync.ledger, spec.name, [note.uncertain() for note in left_behind])
                copy.suppressions(spec.channel, spec.purpose)
                key, sizes = sync.settings.hash_key(), sync.destination.BATCH_SIZE
                for action, is_move in STEPS:
                    size = min(sizes["remove"], sizes["update"]) if is_move else sizes[action]
                    for members in batches(copy, sync.destination, spec, plan, action, is_move, sync.ledger, key, size):
                        sender.send(action, members, is_move)
        sync.pending.forget(note.batch_id for note in left_behind)  # this plan held their customers
        read_state(copy.connection, sync.ledger, spec.name)
        result = SyncResult(
            sync_run_id=run_id,
            plan_id=plan.plan_id,
            audience=plan.audience,
            destination=plan.destination,
            planned=plan.actions.num_rows,
            sent=sender.sent,
            accepted=sender.accepted,
            rejected=sender.rejected,
            suppressed=plan.suppressed,
            held_out=plan.held_out,
            outranked=plan.counts.get("outranked", 0),
            waiting=plan.counts.get("waiting", 0) + left_out(copy.connection, plan.actions),
            added=sender.accepted_by_action["add"],
            updated=sender.accepted_by_action["update"],
            removed=sender.accepted_by_action["remove"],
            members=member_count(copy.connection),
            rejected_reasons=dict(sender.reasons),
            batches=sender.batches,
            seconds=round(time.monotonic() - started, 3),
            approved_by=approved_by,
        )
        with whole_file(sync.settings.work / "sync_runs" / f"{plan.destination}-{plan.audience}.json") as partial:
            partial.write_bytes(orjson.dumps(result.to_dict(), option=orjson.OPT_INDENT_2))
    log.info(
        "%s at %s: planned %d, sent %d, accepted %d, rejected %d, suppressed %d",
        result.audience, result.destination, result.planned, result.sent, result.accepted, result.rejected,
        result.suppressed,
    )  # fmt: skip
    return result


def _open(name: str) -> _Sync:
    settings = selvage.settings()
    destination = discovery.find(name)
    return _Sync(
        settings=settings,
        name=name,
        destination=destination,
        ledger=Ledger(settings.ledger, name),
        arms=Arms(settings.ledger, name),
        pending=PendingFolder(settings.work, name),
    )


def _compare(sync: _Sync, copy: Copy, spec: Audience, resend: bool) -> Plan:
    position = sync.ledger.position(spec.name)
    under_way = [note for note in sync.pending.open(sync.ledger) if note.audience == spec.name]
    copy.suppressions(spec.channel, spec.purpose)
    sync.arms.read(copy.connection, spec.name)
    read_state(copy.connection, sync.ledger, spec.name, [note.uncertain() for note in under_way])
    sync.turns(copy, spec).read(copy)
    global_control = sync.settings.brand.global_control
    copy.candidates(spec, sync.destination, sync.settings.hash_key(), global_control)
    counts = diff.compare(copy.connection, spec.mode, resend, _resend_before(sync.destination.RESEND_DAYS))
    if counts["removals"] + counts["moves"] and not sync.destination.CAN_REMOVE:
        raise ValueError(f"{sync.name} cannot remove members, and {spec.name} has to remove {counts['removals']}")
    made_at = stamp()
    return Plan(
        plan_id=f"{sync.name}-{spec.name}-{made_at}-{secrets.token_hex(3)}",
        build_id=copy.build_id,
        audience=spec.name,
        destination=sync.name,
        made_at=made_at,
        ledger_position=position,
        max_removal_share=spec.max_removal_share,
        counts=counts,
        actions=diff.actions(copy.connection),
        arms=new_arms(copy.connection, spec.name, spec.holdout, global_control),
        min_members=sync.destination.MIN_MEMBERS,
        covers=tuple(note.batch_id for note in under_way),
    )


def _resend_before(days: int) -> datetime | None:
    return datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days) if days else None


def check_ledger(ledger: Ledger, pending: PendingFolder, plan: Plan | EventPlan) -> None:
    """The plan must still stand on the ledger's last word about its audience, its own rows aside. Raises StalePlan."""
    if ledger.position(plan.audience, except_plan=plan.plan_id) != plan.ledger_position:
        raise StalePlan(f"{plan.plan_id}: another sync of {plan.audience} was recorded since it was made.")
    for note in pending.open(ledger):
        if note.audience != plan.audience or note.batch_id in plan.covers:
            continue
        if note.text("plan_id") != plan.plan_id:
            raise StalePlan(f"{plan.plan_id}: another sync of {plan.audience} was cut off since it was made.")


def stamp() -> str:
    """The time as sortable text: plans and runs are found by name."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
