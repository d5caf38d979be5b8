"""The UI's process group ends as a whole, also where a process of it ignores what it is told first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from orchestration import ui

STUBBORN = textwrap.dedent(
    """
    import signal, subprocess, sys, time
    {ignore}
    if len(sys.argv) > 1:
        subprocess.Popen([sys.executable, __file__])
        open(sys.argv[1], "w").close()
    time.sleep(60)
    """
)
LAUNCH = textwrap.dedent(
    """
    import sys
    from orchestration import ui
    ui.STEPS = tuple((number, 1.0) for number, _ in ui.STEPS)
    sys.exit(ui.run_group([sys.executable, sys.argv[1], sys.argv[2]], port=1))
    """
)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "ignore",
    ["", "signal.signal(signal.SIGINT, signal.SIG_IGN)", "[signal.signal(n, signal.SIG_IGN) for n in (2, 15)]"],
    ids=["obedient", "deaf to INT", "deaf to INT and TERM"],
)
def test_nothing_is_left_behind(tmp_path: Path, told: signal.Signals, ignore: str) -> None:
    script, ready = tmp_path / "stubborn.py", tmp_path / "ready"
    script.write_text(STUBBORN.format(ignore=ignore))
    command = [sys.executable, "-c", LAUNCH, str(script), str(ready)]
    launcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    group = next(child.pid for child in psutil.Process(launcher.pid).children())
    assert len(ui.members(group)) == 2
    launcher.send_signal(told)
    assert launcher.wait(timeout=20) == 0
    assert ui.members(group) == []


def test_a_background_job_listens_again(tmp_path: Path) -> None:
    """A shell starts background jobs with INT ignored; the group must not inherit that."""
    script, ready = tmp_path / "child.py", tmp_path / "ready"
    script.write_text(STUBBORN.format(ignore=""))
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(script), str(ready)],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509  (what a shell does)
    )
    deadline = time.monotonic() + 60
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    group = next(child.pid for child in psutil.Process(launcher.pid).children())
    os.kill(launcher.pid, signal.SIGINT)
    assert launcher.wait(timeout=20) == 0
    assert ui.members(group) == []
