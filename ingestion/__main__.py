"""Land from the command line: ``python -m ingestion land <vendor|all> [--start 2026-05-01 --end 2026-06-01]``.

With a start and an end that span is read again (a backfill): the position of the ordinary reads stays where it is,
and a backfill that was stopped goes on when it is asked for again.
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import datetime

import selvage
from ingestion import discovery, pipeline
from ingestion.window import Window


def main(arguments: list[str]) -> int:
    given = _arguments(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    brand = selvage.settings().brand
    vendors = (
        [name for name in discovery.sources() if brand.has_source(name)] if given.vendor == "all" else [given.vendor]
    )
    window = Window(given.start, given.end) if given.start else None
    try:
        pipeline.check_settings(vendors)
    except selvage.MissingSettings as missing:
        print(missing, file=sys.stderr)
        return 2
    failures = 0
    for vendor in vendors:
        try:
            landed = pipeline.land(vendor, window)
        except pipeline.SourceFailed as failure:
            print(failure, file=sys.stderr)
            failures += 1
            continue
        print(f"{vendor}: {landed.total:,} rows in {landed.seconds:.1f} s")
        for table, count in sorted(landed.rows.items()):
            print(f"  {table:<28}{count:>12,}")
        for note in landed.notes:
            print(f"  note: {note}")
    return 1 if failures else 0


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ingestion", description="Land what the vendors have.")
    command = parser.add_subparsers(dest="command", required=True).add_parser("land", help="read and merge")
    command.add_argument("vendor", choices=["all", *discovery.sources()])
    command.add_argument("--start", type=datetime.fromisoformat, help="read again from here (UTC) ...")
    command.add_argument("--end", type=datetime.fromisoformat, help="... to before here")
    given = parser.parse_args(arguments)
    if (given.start is None) != (given.end is None):
        parser.error("--start and --end belong together")
    return given


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
