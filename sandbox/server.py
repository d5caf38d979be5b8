"""The sandbox's server: opens a world, serves its vendors on loopback, and starts such a server for tests.

``serve()`` runs in this process until it is stopped. ``running()`` runs one as a child on a free port, for a test or a
benchmark, and yields how to reach it.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SEED, PEOPLE, DAYS, SPEED, PORT = 7, 5000, 120, 3600.0, 8765
HOST = "127.0.0.1"
READY_SECONDS = 120.0


def serve(
    home: Path,
    seed: int = SEED,
    people: int = PEOPLE,
    days: int = DAYS,
    port: int = PORT,
    speed: float = SPEED,
    progress: Callable[[str], None] | None = None,
    scenarios: Mapping[str, float] | None = None,
) -> None:
    """Serve until INT or TERM. ``home`` is the data home; what the sandbox keeps lies in its ``vendors`` folder.

    ``scenarios``: name -> share of identity's mess, where it shall differ from the default.
    """
    import uvicorn

    from sandbox.app import Sandbox
    from sandbox.brand.basis import REVEAL_DAYS
    from sandbox.brand.world import make_world
    from sandbox.clock import Clock
    from sandbox.context import Context
    from sandbox.faults import Faults
    from sandbox.state import State
    from sandbox.tables import Tables

    world = make_world(seed, people, days, home, progress, scenarios)
    state = State(home / "vendors" / "state.sqlite", world.folder.name)
    start, now = world.start.replace(tzinfo=UTC), world.now.replace(tzinfo=UTC)
    clock = Clock(state, start, now, now + timedelta(days=REVEAL_DAYS), speed)
    context = Context(home / "vendors", Tables(world.folder), clock, state, Faults())
    # A body that a fault cut short is no error of the server.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: "without completing response" not in record.getMessage()
    )
    try:
        uvicorn.run(
            Sandbox(context),
            host=HOST,
            port=port,
            log_level="warning",
            access_log=False,
            date_header=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    finally:
        state.close()


@dataclass(frozen=True)
class Running:
    """A server that answers. ``home`` is the data home it serves from."""

    port: int
    home: Path
    folder: str

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def world(self) -> Path:
        return self.home / "vendors" / "world" / self.folder

    @property
    def truth(self) -> Path:
        return self.home / "vendors" / "truth" / self.folder

    @property
    def drops(self) -> Path:
        return self.home / "vendors" / "drops"

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(call(self.port, "clock")["now"])

    def advance(self, days: float = 1) -> datetime:
        return datetime.fromisoformat(call(self.port, "clock", {"advance_days": days})["now"])

    def faults(self, vendor: str, kind: str, count: int = 1) -> None:
        """Make the next requests to a vendor go wrong."""
        call(self.port, "faults", {"vendor": vendor, "kind": kind, "count": count})

    def requests(self) -> list[dict[str, Any]]:
        """Counts of requests by vendor, method, path and status."""
        found: list[dict[str, Any]] = call(self.port, "requests")["requests"]
        return found

    def environment(self) -> dict[str, str]:
        """The variables with which the pipelines find this server and its files."""
        return {"SELVAGE_ENV": "sandbox", "SELVAGE_HOME": str(self.home), "SELVAGE_SANDBOX_PORT": str(self.port)}


@contextmanager
def running(
    home: Path,
    seed: int = SEED,
    people: int = PEOPLE,
    days: int = DAYS,
    speed: float = SPEED,
    port: int | None = None,
    scenarios: Mapping[str, float] | None = None,
) -> Iterator[Running]:
    """Start a server in a child process and stop it at the end. Raises RuntimeError if it does not come up."""
    port = port or free_port()
    child = start(home, seed, people, days, port, speed, scenarios)
    try:
        yield wait_until_ready(child, port, home)
    finally:
        stop(child)


def start(
    home: Path,
    seed: int,
    people: int,
    days: int,
    port: int,
    speed: float,
    scenarios: Mapping[str, float] | None = None,
) -> subprocess.Popen[bytes]:
    """A server in a child process of its own group, which ends when this process does."""
    options = {"seed": seed, "people": people, "days": days, "port": port, "speed": speed, "parent": os.getpid()}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    arguments += [part for name, share in (scenarios or {}).items() for part in ("--scenario", f"{name}={share!r}")]
    environment = {**os.environ, "SELVAGE_HOME": str(home)}
    command = [sys.executable, "-m", "sandbox", "serve", *arguments]
    return subprocess.Popen(command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL)


def stop(child: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    child.terminate()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def wait_until_ready(child: subprocess.Popen[bytes], port: int, home: Path) -> Running:
    """Raises RuntimeError when the child ends, or does not answer in time."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"the sandbox ended with code {child.returncode} before it answered")
        answer = health(port)
        if answer is not None and answer["home"] == str(home / "vendors"):
            return Running(port, home, answer["world"])
        time.sleep(0.05)
    raise RuntimeError(f"the sandbox did not answer within {READY_SECONDS:.0f} s")


def health(port: int) -> dict[str, Any] | None:
    """What a sandbox on this port says of itself; None if nothing, or something else, is there."""
    try:
        answer = call(port, "health", seconds=2)
    except (OSError, ValueError):
        return None
    return answer if answer.get("status") == "ok" and "world" in answer else None


def call(port: int, route: str, body: dict[str, Any] | None = None, seconds: float = 60) -> dict[str, Any]:
    """One of the sandbox's own routes. Raises ValueError with the server's word when it refuses."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{HOST}:{port}/_sandbox/{route}", data=data)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=seconds) as answer:
            read = json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            message = json.load(error).get("error", error.reason)
        except ValueError:
            message = error.reason
        raise ValueError(message) from None
    return read if isinstance(read, dict) else {}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False
