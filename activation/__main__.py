"""``python -m activation``: plan a sync, look at it, apply it.

    plan   [audience]     what would change, before anything is sent; the plan is saved
    apply  [audience]     sends the last saved plan of each audience and destination, if the data is still the same
    status                members and the last sync per audience and destination
    init                  make the empty ledger

Without an audience all audiences are meant, and the conversions; ``conversions`` in its place means these alone. Ends
with 1 when a guard or a stale plan stopped it, 2 for a wrong call or missing settings, 3 when a destination cannot be
used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import orjson

import selvage
from activation import conversions, discovery, ledger, sync, turns
from activation.audience import UnknownAudience, open_copy
from activation.destination import CONVERSIONS, DestinationError
from activation.event_plans import EventPlan, newest_event_plan
from activation.lock import DestinationBusy
from activation.plans import EmptyAudience, Plan, RemovalGuard, StalePlan, newest_plan
from activation.state import member_count, read_state


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (StalePlan, RemovalGuard, EmptyAudience) as refusal:
        print(f"{type(refusal).__name__}: {refusal}", file=sys.stderr)
        return 1
    except (selvage.MissingSettings, UnknownAudience, LookupError, FileNotFoundError) as mistake:
        print(str(mistake), file=sys.stderr)
        return 2
    except (DestinationError, DestinationBusy) as failure:
        print(f"{type(failure).__name__}: {failure}", file=sys.stderr)
        return 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m activation", description="Plan a sync, look at it, apply it.")
    commands = parser.add_subparsers(required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("audience", nargs="?", help="its name, or conversions; everything if left out")
    shared.add_argument("--destination", help="only this destination")
    shared.add_argument("--json", action="store_true", help="print JSON")
    plan = commands.add_parser("plan", parents=[shared], help="show what would change; nothing is sent")
    plan.add_argument("--resend", action="store_true", help="tell every member again (heals changes made over there)")
    plan.set_defaults(run=_plan)
    apply = commands.add_parser("apply", parents=[shared], help="send the last saved plan")
    apply.add_argument("--approved-by", metavar="NAME", help="who approves a removal share above the guard")
    apply.add_argument("--allow-empty", action="store_true", help="with --approved-by: it is meant to be empty")
    apply.set_defaults(run=_apply)
    status = commands.add_parser("status", parents=[shared], help="members and last sync")
    status.set_defaults(run=_status)
    init = commands.add_parser("init", help="make the empty ledger")
    init.set_defaults(run=_init)
    return parser


def _routes(options: argparse.Namespace) -> list[tuple[str, str]]:
    """(audience, destination) as the activation copy routes them, for destinations this brand has."""
    settings = selvage.settings()
    if options.audience == CONVERSIONS:
        return []
    with open_copy(settings.activation_file) as copy:
        chosen = copy.audiences(options.audience)
    chosen.sort(key=lambda one: turns.place(settings.brand, one.priority_list, one.priority_rank))
    return [
        (audience.name, audience.destination)
        for audience in chosen
        if settings.brand.has_destination(audience.destination) and options.destination in (None, audience.destination)
    ]


def _takers(options: argparse.Namespace) -> list[str]:
    """Destinations whose conversions are meant."""
    return conversions.destinations(options.destination) if options.audience in (None, CONVERSIONS) else []


def _plan(options: argparse.Namespace) -> int:
    plans = [sync.plan(audience, name, resend=options.resend) for audience, name in _routes(options)]
    event_plans = [conversions.plan(name) for name in _takers(options)]
    if options.json:
        _print_json([plan.summary() for plan in plans] + [plan.summary() for plan in event_plans])
        return 0
    for plan in plans:
        _show_plan(plan)
    for event_plan in event_plans:
        _show_event_plan(event_plan)
    return 0


def _apply(options: argparse.Namespace) -> int:
    folder = selvage.settings().work / "plans"
    results = []
    for audience, name in _routes(options):
        plan = newest_plan(folder, audience, name)
        if plan is None:
            raise FileNotFoundError(f"{audience} at {name} has no plan yet: run `python -m activation plan` first")
        results.append(sync.apply(plan, approved_by=options.approved_by, allow_empty=options.allow_empty))
    told = []
    for name in _takers(options):
        event_plan = newest_event_plan(folder, name)
        if event_plan is None:
            raise FileNotFoundError(f"conversions at {name} have no plan yet: run `python -m activation plan` first")
        told.append(conversions.apply(event_plan))
    if options.json:
        _print_json([result.to_dict() for result in results] + [result.to_dict() for result in told])
        return 0
    for result in results:
        print(
            f"{result.audience} -> {result.destination}: planned {result.planned}, sent {result.sent}, "
            f"accepted {result.accepted}, rejected {result.rejected}, suppressed {result.suppressed}, "
            f"held out {result.held_out}, of a higher rank {result.outranked}, waiting {result.waiting} "
            f"({result.seconds:.1f} s)"
        )
        for reason, rows in sorted(result.rejected_reasons.items()):
            print(f"  rejected {rows}: {reason}")
    for one in told:
        print(
            f"{CONVERSIONS} -> {one.destination}: planned {one.planned}, sent {one.sent}, accepted {one.accepted}, "
            f"rejected {one.rejected}, expired {one.expired}, suppressed {one.suppressed} ({one.seconds:.1f} s)"
        )
        for reason, rows in sorted(one.rejected_reasons.items()):
            print(f"  rejected {rows}: {reason}")
    return 0


def _status(options: argparse.Namespace) -> int:
    settings = selvage.settings()
    rows: list[dict[str, Any]] = []
    for audience, name in _routes(options):
        with duckdb.connect() as connection:
            read_state(connection, ledger.Ledger(settings.ledger, name), audience)
            members = member_count(connection)
        last = settings.work / "sync_runs" / f"{name}-{audience}.json"
        rows.append(
            {
                "audience": audience,
                "destination": name,
                "members": members,
                "last_run": orjson.loads(last.read_bytes()) if last.exists() else None,
            }
        )
    for name in _takers(options):
        last = settings.work / "sync_runs" / f"{name}-{CONVERSIONS}.json"
        last_run = orjson.loads(last.read_bytes()) if last.exists() else None
        members = (last_run or {}).get("told", 0)
        rows.append({"audience": CONVERSIONS, "destination": name, "members": members, "last_run": last_run})
    if options.json:
        _print_json(rows)
        return 0
    for row in rows:
        last_run = row["last_run"]
        told = f"last run {last_run['sync_run_id']}, sent {last_run['sent']}" if last_run else "never synced"
        what = "events" if row["audience"] == CONVERSIONS else "members"
        print(f"{row['audience']} -> {row['destination']}: {row['members']} {what}; {told}")
    return 0


def _init(_options: argparse.Namespace) -> int:
    ledger.initialise(selvage.settings().ledger)
    print("The ledger is there.")
    return 0


def _show_plan(plan: Plan) -> None:
    counts = plan.counts
    print(f"\n{plan.audience} -> {plan.destination}   build {plan.build_id}   plan {plan.plan_id}")
    version = discovery.find(plan.destination).VERSION
    ending = selvage.version_warning(plan.destination, version, datetime.now(UTC).date())
    for warning in filter(None, (ending, *plan.warnings())):
        print(f"  warning: {warning}")
    print(f"  {'members now':<22}{counts['members']:>10,}")
    for label, name in (
        ("add", "adds"), ("update", "updates"), ("remove", "removals"), ("identifier changed", "moves"),
        ("held out", "held_out"), ("suppressed", "suppressed"), ("of a higher rank", "outranked"),
        ("waiting for a turn", "waiting"), ("without identifier", "without_identifier"),
        ("shared identifier", "shared_identifier"), ("rejected last time", "retried"), ("given up", "expired"),
    ):  # fmt: skip
        print(f"  {label:<22}{counts[name]:>10,}")
    for reason, rows in sorted(plan.reasons().items()):
        print(f"    removed because {reason}: {rows:,}")
    for row in plan.sample():
        print(f"    {row['action']:<7} {row['customer_id']} {row['reason'] or ''}".rstrip())
    if plan.refused_by():
        guards = ", ".join(plan.refused_by())
        print(f"  not applied without approval: {guards} (removal share {plan.removal_share:.0%})")
    elif plan.is_empty:
        print("  nothing to send")
    else:
        print("  apply it: python -m activation apply " + plan.audience)


def _show_event_plan(plan: EventPlan) -> None:
    print(f"\n{CONVERSIONS} -> {plan.destination}   build {plan.build_id}   plan {plan.plan_id}")
    for warning in plan.warnings():
        print(f"  warning: {warning}")
    for name in ("told", "purchases", "refunds", "retried"):
        print(f"  {'told before' if name == 'told' else name:<22}{plan.counts[name]:>10,}")
    for reason, events in plan.left_out.items():
        print(f"    left out, {reason}: {events:,}")
    for row in plan.summary()["sample"]:
        print(f"    {row['kind']:<9} {row['event_id']} {row['source']}")
    print("  nothing to send" if plan.is_empty else f"  apply it: python -m activation apply {CONVERSIONS}")


def _print_json(value: Any) -> None:
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    sys.exit(main())
