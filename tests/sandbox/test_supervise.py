"""``python -m sandbox with`` ends with its command, passes signals on, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sandbox.server import Running, free_port, health
from tests.sandbox.conftest import SIZE


def start(home: Path, *command: str, port: int | None = None) -> subprocess.Popen[bytes]:
    options = [part for name, value in SIZE.items() for part in (f"--{name}", str(value))]
    options += ["--port", str(port or free_port())]
    environment = {**os.environ, "SELVAGE_HOME": str(home), "SELVAGE_ENV": "sandbox", "SELVAGE_BRAND": "demo"}
    line = [sys.executable, "-m", "sandbox", "with", *options, "--", *command]
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture
def home(sandbox_home: Path, server: Running, tmp_path: Path) -> Path:
    """A home of its own with the world that is made already."""
    (tmp_path / "vendors").mkdir()
    for name in ("world", "truth"):
        (tmp_path / "vendors" / name).symlink_to(sandbox_home / "vendors" / name)
    return tmp_path


def test_gives_the_commands_exit_code_and_its_port(home: Path) -> None:
    code = "import os, sys; from sandbox.server import health; sys.exit(7 if health(int(os.environ['SELVAGE_SANDBOX_PORT'])) else 8)"
    run = start(home, sys.executable, "-c", code)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 7, errors
    assert b"serving on port" in errors
    missing = start(home, "no-such-command-here")
    missing.communicate(timeout=60)
    assert missing.returncode == 127


def test_uses_a_server_that_is_there_and_leaves_it_running(server: Running, sandbox_home: Path) -> None:
    run = start(sandbox_home, "true", port=server.port)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 0
    assert b"using the server" in errors
    assert health(server.port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_end_the_command_and_the_server(home: Path, number: signal.Signals) -> None:
    marker = home / "started"
    run = start(home, "sh", "-c", f"sleep 300 & touch {marker}; sleep 300")
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marker.exists()
    family = psutil.Process(run.pid).children(recursive=True)
    assert len(family) >= 4  # the server, the shell and its two sleepers
    # Killed outright we can forward nothing: the kernel ends our own children, the shell's stay the shell's business.
    ours = psutil.Process(run.pid).children() if number == signal.SIGKILL else family
    run.send_signal(number)
    try:
        _, alive = psutil.wait_procs(ours, timeout=25)
        assert alive == []
        assert run.wait(5) == (-number if number == signal.SIGKILL else 128 + number)
    finally:
        for process in family:
            if process.is_running():
                process.kill()
