"""``python -m orchestration ui``: Dagster's web UI, and nothing left behind when it ends.

``dagster dev`` is several processes, and those of a run in progress outlive a SIGTERM to their parent. So they are
started as a process group of their own, and the group is told to end: INT (which also marks running runs as failed),
TERM to those that are left after 10 seconds, KILL after 20.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

import psutil

import selvage

STEPS = ((signal.SIGINT, 10.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


def serve(port: int) -> int:
    """Serve until INT or TERM. Returns the exit code: 0 when it was told to end."""
    from orchestration.resources import prepare_home
    from warehouse import dbt

    if _answers(port):
        print(f"Port {port} is taken. Try: python -m orchestration ui --port {port + 1}", file=sys.stderr)
        return 1
    os.environ.update(DAGSTER_HOME=str(prepare_home()), PYTHONWARNINGS="ignore")
    dbt.prepare_manifest()
    words = ["dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port), "--log-level", "warning"]
    return run_group([sys.executable, "-m", *words], port)


def run_group(command: Sequence[str], port: int) -> int:
    """Run a command in a process group of its own and end the group with it, or when we are told to end."""
    told: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        told.append(number)

    # A handler of ours is reset to the default in the child, an ignored signal (a shell's background job) is not.
    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    url = f"http://127.0.0.1:{port}"
    try:
        print(f"Starting Dagster at {url} ...", flush=True)
        process = subprocess.Popen(command, cwd=selvage.ROOT, start_new_session=True)
        shown = False
        while process.poll() is None and not told:
            if not shown and _answers(port):
                shown = True
                print(f"Dagster: {url}/asset-groups ('Materialize all' runs everything). Ctrl-C ends it.", flush=True)
            time.sleep(0.2)
        end_group(process.pid)
        code = process.wait()
        return 0 if told else code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_group(group: int) -> None:
    """Signal a process group, harder each time, until no process of it is left."""
    for number, patience in STEPS:
        if not members(group):
            return
        os.killpg(group, number)
        deadline = time.monotonic() + patience
        while members(group) and time.monotonic() < deadline:
            time.sleep(0.1)


def members(group: int) -> list[int]:
    """Living processes of a group."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
