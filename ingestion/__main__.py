"""Land from the command line: ``python -m ingestion land <vendor|all> [--start 2026-05-01 --end 2026-06-01]``.

With a start and an end that span is read again (a backfill): the position of the ordinary reads stays where it is,
and a backfill that was stopped goes on when it is asked for again. With ``--delivered`` only what webhooks have named.

``python -m ingestion receive [--host 127.0.0.1] [--port 8790]`` takes webhooks under ``/webhooks/<vendor>`` and lands
what they name within seconds (``ingestion.receiver``), until it is stopped.

``python -m ingestion connect <vendor> [--since 2026-01-01] [--backfill]`` checks a credential first: which settings and
scopes it needs, what the vendor says to it, how many rows a backfill since a day would bring. It lands nothing unless
it is told to. Exit code 1: something has to be mended; 2: a setting is missing.

``python -m ingestion docs > docs/sources.md`` writes the page of all sources anew from what their modules say.
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import UTC, datetime, timedelta

import selvage
from ingestion import connect, delivered, discovery, pipeline, receiver, sources_page
from ingestion.window import Window
from warehouse.lock import WriteLockTimeout


def main(arguments: list[str]) -> int:
    given = _arguments(arguments)
    if given.command == "docs":
        print(sources_page.text(), end="")
        return 0
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    commands = {"connect": _connect, "land": _land, "receive": _receive}
    return commands[given.command](given)


def _receive(given: argparse.Namespace) -> int:
    try:
        receiver.serve(given.host, given.port)
    except selvage.MissingSettings as missing:
        print(missing, file=sys.stderr)
        return 2
    return 0


def _land(given: argparse.Namespace) -> int:
    brand = selvage.settings().brand
    known = delivered.vendors() if given.delivered else discovery.sources()
    vendors = [name for name in known if brand.has_source(name)] if given.vendor == "all" else [given.vendor]
    window = Window(given.start, given.end) if given.start else None
    try:
        pipeline.check_settings(vendors)
    except selvage.MissingSettings as missing:
        print(missing, file=sys.stderr)
        return 2
    failures = 0
    for vendor in vendors:
        try:
            landed = delivered.land(vendor) if given.delivered else pipeline.land(vendor, window)
        except (pipeline.SourceFailed, WriteLockTimeout) as failure:
            print(failure, file=sys.stderr)
            failures += 1
            continue
        print(f"{vendor}: {landed.total:,} rows in {landed.seconds:.1f} s")
        for table, count in sorted(landed.rows.items()):
            print(f"  {table:<28}{count:>12,}")
        for note in landed.notes:
            print(f"  note: {note}")
    return 1 if failures else 0


def _connect(given: argparse.Namespace) -> int:
    home, vendor = selvage.settings(), given.vendor
    module = discovery.sources()[vendor]
    print(f"{vendor}: {module.DESCRIPTION}\n\nSettings (from the environment or environments/{home.env}.env)")
    found = connect.settings_of(vendor)
    for one in found:
        print(f"  {'ok     ' if one.is_set else 'MISSING'}  {one.variable:<24}  {one.shown}")
    if module.SCOPES:
        print(f"Scopes that the credential needs: {', '.join(module.SCOPES)}")
    if missing := [one.variable for one in found if not one.is_set]:
        print(f"\nSet {', '.join(missing)} in environments/{home.env}.env (copy environments/example.env)")
        print(f"or in the environment, then ask again. {connect.GUIDE} says where to get them.")
        return 2
    print("\nChecks")
    failed = 0
    for finding in connect.examine(vendor):
        print(f"  {'ok   ' if finding.is_ok else 'FAILS'}  {finding.check:<10}  {finding.text}")
        if not finding.is_ok:
            print(f"                     -> {finding.next_step}")
            failed += 1
    if not home.brand.has_source(vendor):
        print(f"  note   brand       brands/{home.brand.name}.toml does not list {vendor}: make run will not read it.")
    if failed:
        print(f"\n{failed} to mend before anything is counted or landed.")
        return 1
    return _offer(vendor, given.since or _ask_for_a_day(vendor), given.backfill, home)


def _offer(vendor: str, since: datetime, backfill: bool, home: selvage.Settings) -> int:
    """Tell what a backfill would bring and how to start it; start it if that was wished."""
    try:
        counted = connect.tables(vendor, since)
    except ConnectionError as problem:
        print(f"\nNothing could be counted: {problem}")
        return 1
    print(f"\nDry count since {since:%Y-%m-%d}: nothing was landed")
    for table, count in sorted(counted.items()):
        print(f"  {table:<28}{'-' if count is None else f'{count:,}':>12}")
    if None in counted.values():
        print("  (-: the vendor can't tell without being read, mostly what comes with its parent)")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(tzinfo=None)
    end = tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)
    if not backfill:
        print(f"\nBackfill with\n  make connect VENDOR={vendor} SINCE={since:%Y-%m-%d} BACKFILL=1", end="")
        print(f" SELVAGE_ENV={home.env} BRAND={home.brand.name}")
        if "start_date" in discovery.sources()[vendor].SETTINGS:
            print(f"make run reads its first history from {vendor.upper()}_START_DATE on: set it to the same day.")
        return 0
    print()
    return _land(argparse.Namespace(vendor=vendor, start=since, end=end, delivered=False))


def _ask_for_a_day(vendor: str) -> datetime:
    """The day typed in, or the one in the settings where nobody sits at a terminal."""
    module = discovery.sources()[vendor]
    default = selvage.vendor(vendor, module.SETTINGS).get("start_date", "2026-01-01")
    if not sys.stdin.isatty():
        return datetime.fromisoformat(default)
    while True:
        typed = input(f"\nFrom which day on? [{default}] ").strip() or default
        try:
            return datetime.fromisoformat(typed)
        except ValueError:
            print(f"{typed!r} is no day; write it as 2026-01-31.")


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ingestion", description="Land what the vendors have.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("land", help="read and merge")
    command.add_argument("vendor", choices=["all", *discovery.sources()])
    command.add_argument("--start", type=datetime.fromisoformat, help="read again from here (UTC) ...")
    command.add_argument("--end", type=datetime.fromisoformat, help="... to before here")
    command.add_argument("--delivered", action="store_true", help="only what webhooks have named")
    command = commands.add_parser("receive", help="take webhooks, and land what they name")
    command.add_argument("--host", default="127.0.0.1", help="behind a proxy that ends TLS: vendors call https only")
    command.add_argument("--port", type=int, default=8790)
    command = commands.add_parser("connect", help="check a credential and count what there is; lands nothing")
    command.add_argument("vendor", choices=list(discovery.sources()))
    command.add_argument("--since", type=datetime.fromisoformat, help="count and backfill from this day on (UTC)")
    command.add_argument("--backfill", action="store_true", help="land it, once all checks are passed")
    commands.add_parser("docs", help="print docs/sources.md: what each source lands, and what it does not")
    given = parser.parse_args(arguments)
    if given.command == "land" and (given.start is None) != (given.end is None):
        parser.error("--start and --end belong together")
    if (
        given.command == "land"
        and given.delivered
        and (given.start or given.vendor not in ("all", *delivered.vendors()))
    ):
        parser.error(
            f"--delivered goes with no span, and with a vendor that is heard: {', '.join(delivered.vendors())}"
        )
    return given


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
