"""The sandbox's command line.

    python -m sandbox serve   [--seed --people --days --port --speed]    a server until it is stopped
    python -m sandbox with    [the same] -- command ...                  a server for as long as a command runs
    python -m sandbox advance [--days 1]                                 move the clock of the server that runs
    python -m sandbox status                                             what that server says of itself, as JSON
    python -m sandbox scenarios                                          identity's mess by name, with default shares

A world has all scenarios; ``--scenario shared_phones=0.3`` gives it more or less of one, ``--without twins`` none.

For a brand whose data come from files, ``with`` writes the files into the brand's landing folder instead of serving:
``sandbox/<brand>.py`` says how in ``prepare(landing)``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
import time

import selvage
from sandbox import server, supervise
from sandbox.brand import scenarios


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (ValueError, RuntimeError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A shop with no secrets.")
    commands = parser.add_subparsers(required=True, metavar="command")
    world = argparse.ArgumentParser(add_help=False)
    world.add_argument("--seed", type=int, default=server.SEED)
    world.add_argument("--people", type=int, default=server.PEOPLE)
    world.add_argument("--days", type=int, default=server.DAYS)
    world.add_argument("--port", type=int, help=f"default: SELVAGE_SANDBOX_PORT or {server.PORT}")
    world.add_argument("--speed", type=float, default=server.SPEED, help="sandbox seconds in a real one, for limits")
    world.add_argument(
        "--scenario", action="append", default=[], metavar="NAME=SHARE", help="another share of a scenario"
    )
    world.add_argument("--without", action="append", default=[], metavar="NAME", help="none of a scenario")
    serve = commands.add_parser("serve", parents=[world], help="serve until stopped")
    serve.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    serve.set_defaults(run=_serve)
    beside = commands.add_parser("with", parents=[world], help="serve while a command runs")
    beside.add_argument("command", nargs="+", help="after --")
    beside.set_defaults(run=_with)
    advance = commands.add_parser("advance", help="move the clock of the server that runs")
    advance.add_argument("--days", type=float, default=1.0)
    advance.add_argument("--port", type=int)
    advance.set_defaults(run=_advance)
    status = commands.add_parser("status", help="what the server that runs says of itself")
    status.add_argument("--port", type=int)
    status.set_defaults(run=_status)
    listed = commands.add_parser("scenarios", help="identity's mess by name, with default shares")
    listed.set_defaults(run=_scenarios)
    return parser


def _changes(given: argparse.Namespace) -> dict[str, float]:
    """Shares of scenarios that differ from the defaults."""
    return scenarios.changes(scenarios.read(given.scenario), given.without)


def _port(given: argparse.Namespace) -> int:
    return int(given.port or selvage.vendor("selvage", {"sandbox_port": str(server.PORT)})["sandbox_port"])


def _tell(line: str) -> None:
    print(f"sandbox: {line}", file=sys.stderr, flush=True)


def _serve(given: argparse.Namespace) -> int:
    if given.parent is not None:
        supervise.die_with_parent()
        supervise.watch_parent(given.parent)
    home, port = selvage.root_home(), _port(given)
    if server.is_taken(port):
        raise RuntimeError(f"port {port} is taken; choose another with --port")
    changed = _changes(given)
    _tell(f"opening the world (seed {given.seed}, {given.people:,} people, {given.days} days)")
    server.serve(home, given.seed, given.people, given.days, port, given.speed, _tell, changed)
    return 0


def _with(given: argparse.Namespace) -> int:
    brand = selvage.settings().brand.name
    if importlib.util.find_spec(f"sandbox.{brand}") is not None:
        landing = selvage.settings().landing
        began = time.monotonic()
        importlib.import_module(f"sandbox.{brand}").prepare(landing)
        _tell(f"files of {brand} are ready ... {time.monotonic() - began:.0f} s")
        return supervise.run(given.command, dict(os.environ))
    from sandbox.brand.world import make_world

    home, port, began = selvage.root_home(), _port(given), time.monotonic()
    changed = _changes(given)
    made = make_world(given.seed, given.people, given.days, home, _tell, changed)
    _tell(
        f"the world (seed {given.seed}, {given.people:,} people, {given.days} days) "
        f"is ready ... {time.monotonic() - began:.0f} s"
    )
    there = server.health(port)
    environment = {**os.environ, "SELVAGE_SANDBOX_PORT": str(port)}
    if there and there["world"] == made.folder.name and there["home"] == str(home / "vendors"):
        _tell(f"using the server on port {port}, which stands at {there['now']}")
        return supervise.run(given.command, environment)
    if there and there["home"] == str(home / "vendors"):
        raise RuntimeError(
            f"the server on port {port} serves another world ({there['world']}) from this home; stop it first"
        )
    if server.is_taken(port):
        if given.port:
            raise RuntimeError(f"port {port} is taken; choose another with --port")
        port = server.free_port()
        _tell(f"the usual port is taken: using {port}")
        environment["SELVAGE_SANDBOX_PORT"] = str(port)
    began = time.monotonic()
    child = server.start(home, given.seed, given.people, given.days, port, given.speed, changed)
    try:
        ready = server.wait_until_ready(child, port, home)
        _tell(
            f"serving on port {port}, the clock stands at {ready.now:%Y-%m-%d %H:%M} UTC "
            f"... {time.monotonic() - began:.0f} s"
        )
        return supervise.run(given.command, environment)
    finally:
        server.stop(child)


def _advance(given: argparse.Namespace) -> int:
    moved = server.call(_port(given), "clock", {"advance_days": given.days})
    print(json.dumps(moved))
    return 0


def _scenarios(_: argparse.Namespace) -> int:
    for name, one in scenarios.SCENARIOS.items():
        print(f"{name:18} {one.share:<6} of {one.of}: {one.does}")
    return 0


def _status(given: argparse.Namespace) -> int:
    found = server.health(_port(given))
    print(json.dumps(found or {"status": "not running"}, indent=2))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
