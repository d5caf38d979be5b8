"""Runs a command beside a server and leaves nothing behind.

The command gets a process group of its own. A signal to us goes on to that group; if it does not end, TERM and then
KILL follow. When the command is over, what is left of its group is ended, and the server after it. On Linux the
kernel ends both when we are killed outright; elsewhere the server watches for its parent itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

TERM_AFTER, KILL_AFTER = 10.0, 20.0
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies; where it can't, nothing happens."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def watch_parent(parent: int) -> None:
    """End this process soon after ``parent`` has gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run a command to its end; returns its exit code, 128 + the signal if one ended it, 127 if it is not there."""
    received: list[tuple[int, float]] = []
    group: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        received.append((number, time.monotonic()))
        if group:
            _signal_group(group[0], number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, forward) for number in numbers}
    try:
        try:
            # Between fork and exec there are two system calls and no lock that another thread could hold.
            child = subprocess.Popen(
                command,
                env=environment,
                process_group=0,
                preexec_fn=_child,  # noqa: PLW1509
            )
        except FileNotFoundError:
            sys.stderr.write(f"sandbox: no such command: {command[0]}\n")
            return 127
        group.append(child.pid)
        if received:
            _signal_group(child.pid, received[0][0])
        code = _wait(child, received)
        _end_group(child.pid)
        return code if code >= 0 else 128 - code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _child() -> None:
    """In the child: a shell's background job ignores INT; a command of ours must not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with_parent()


def _wait(child: subprocess.Popen[bytes], received: list[tuple[int, float]]) -> int:
    escalated = 0
    while True:
        try:
            return child.wait(0.2)
        except subprocess.TimeoutExpired:
            pass
        waited = time.monotonic() - received[0][1] if received else 0.0
        if waited > KILL_AFTER and escalated < 2:
            escalated = 2
            _signal_group(child.pid, signal.SIGKILL)
        elif waited > TERM_AFTER and escalated < 1:
            escalated = 1
            _signal_group(child.pid, signal.SIGTERM)


def _signal_group(group: int, number: int) -> bool:
    """True if the group still has somebody to hear it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end_group(group: int) -> None:
    if not _signal_group(group, signal.SIGTERM):
        return
    deadline = time.monotonic() + 3.0
    while time.monotonic() < deadline:
        if not _signal_group(group, 0):
            return
        time.sleep(0.05)
    _signal_group(group, signal.SIGKILL)
