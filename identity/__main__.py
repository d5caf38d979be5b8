"""Questions about who is who: ``python -m identity explain ... | rules ...``.

``explain <record_key> <record_key>``  the path of edges that makes two records one customer, or what was refused
between them; ``explain <customer_id>`` all records and edges of one. A record is named as in
bridge_customer_identifiers; in a shell, between quotes.

``rules --seed-file my_identity_rules.csv``  what a changed seed would merge, split and leave as it is, before it is
applied. The file may be a changed identity_rules, blocked_identifiers, manual_identity_links or another seed that
identity reads; its columns tell which. Give the option again for several. Nothing is changed.

Exit code 1: the seed can't be applied; 2: there is no such record, or no warehouse.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import selvage
from identity import graph

RECORDS_AT_MOST = 2


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m identity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    explained = commands.add_parser("explain", help="why two records are one customer, or why not")
    explained.add_argument("keys", nargs="+", metavar="record_key | customer_id")
    explained.add_argument("--json", action="store_true", help="as JSON")
    rules = commands.add_parser("rules", help="what a changed seed would merge, split and leave")
    rules.add_argument("--seed-file", type=Path, action="append", required=True, metavar="FILE")
    rules.add_argument("--examples", type=int, default=5, help="so many of the largest merges and splits (5)")
    rules.add_argument("--json", action="store_true", help="as JSON")
    chosen = parser.parse_args(words)
    if chosen.command == "explain" and len(chosen.keys) > RECORDS_AT_MOST:
        parser.error("explain takes two records or one customer")
    warnings.simplefilter("ignore")  # libraries warning of one another; a person who asks this can't act on it
    try:
        return _explain(chosen) if chosen.command == "explain" else _rules(chosen)
    except (graph.UnknownRecord, graph.NoWarehouse) as missing:
        print(missing, file=sys.stderr)
        return 2


def _explain(chosen: argparse.Namespace) -> int:
    from identity import explain

    hash_key = selvage.settings().hash_key()
    with graph.opened() as connection:
        answer: explain.Between | explain.OfCustomer
        if len(chosen.keys) == RECORDS_AT_MOST:
            answer = explain.between(connection, chosen.keys[0], chosen.keys[1], hash_key)
        else:
            answer = explain.of_customer(connection, chosen.keys[0], hash_key)
    print(json.dumps(dataclasses.asdict(answer), default=str, indent=2) if chosen.json else explain.text(answer))
    return 0


def _rules(chosen: argparse.Namespace) -> int:
    from identity import rules
    from warehouse.dbt import DbtFailed

    try:
        report = rules.compare(chosen.seed_file, chosen.examples)
    except (rules.SeedRefused, DbtFailed) as refused:
        print(f"The seed can't be applied. {refused}", file=sys.stderr)
        return 1
    print(json.dumps(dataclasses.asdict(report), default=str, indent=2) if chosen.json else rules.text(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
