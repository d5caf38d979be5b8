"""The command line: ``python -m orchestration run | summary | ui | definitions``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

import selvage
from warehouse import dbt
from warehouse.dbt import DbtFailed


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="land, build, publish and sync everything once, and say what came out")
    commands.add_parser("summary", help="say again what the last run brought and what the marts hold")
    ui = commands.add_parser("ui", help="Dagster's web UI")
    ui.add_argument("--port", type=int, default=3000)
    commands.add_parser("definitions", help="load the asset graph and list it")
    chosen = parser.parse_args(words)
    warnings.simplefilter("ignore")  # libraries warning of one another; a person who runs this can't act on it
    try:
        return _run(chosen)
    except selvage.MissingSettings as missing:
        print(missing, file=sys.stderr)
        return 2
    except DbtFailed as failed:
        print(f"The dbt project can't be read. {failed}\nMend it; nothing was run.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What was landed and sent stays; the next run goes on from there.", file=sys.stderr)
        return 130


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "run":
        from orchestration import run

        return run.run()
    if chosen.command == "summary":
        from orchestration import summary

        print(summary.text())
        return 0
    if chosen.command == "ui":
        from orchestration import ui

        return ui.serve(chosen.port)
    return _definitions()


def _definitions() -> int:
    dbt.prepare_manifest()
    from orchestration.definitions import defs

    nodes = defs.resolve_asset_graph().asset_nodes
    assets = sorted((node for node in nodes if node.is_executable), key=lambda node: (node.group_name, node.key))
    for node in assets:
        print(f"{node.group_name:<14} {'/'.join(node.key.path):<60} {', '.join(sorted(node.kinds))}")
    checks = sum(len(node.check_keys) for node in assets)
    print(f"{len(assets)} assets, {checks} checks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
