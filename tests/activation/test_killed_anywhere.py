"""SIGKILL at any line of the engine: the next run ends where an undisturbed one would; nothing is lost, nothing doubled.

A forked process counts the lines that it executes of ``activation`` and of the destination, and kills itself at one
drawn by chance; a third of them are killed a second time in the run that was to mend it. ``SELVAGE_KILLS=500`` sets
how many. A child may find a lock taken by a thread that it does not have; it then fails here, and is not waited for
without end. Lines within a call of a library (a file half-written) are the business of test_crashes.py.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

from activation import discovery, sync
from tests.activation.test_crashes import finish, two_days
from tests.activation.world import AUDIENCE, World
from tests.conftest import ROOT

KILLS = int(os.environ.get("SELVAGE_KILLS", "8"))
TRACED = (str(ROOT / "activation"), str(ROOT / "tests" / "activation" / "toy"))
BATCH = 10
LONGEST_SECONDS = 120


def forked(run: Callable[[], object], kill_at: int) -> int:
    """Run in a process of its own that dies at this line. Returns the lines executed, or 0 when it was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        lines = 0

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal lines
            if not frame.f_code.co_filename.startswith(TRACED):
                return None
            if event == "line":
                lines += 1
                if lines == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            sys.settrace(trace)
            run()
            sys.settrace(None)
            os.write(writer, str(lines).encode())
        finally:  # whatever happens, this process is no test run
            os._exit(0 if lines and sys.gettrace() is None else 1)
    os.close(writer)
    if not select.select([reader], [], [], LONGEST_SECONDS)[0]:
        os.kill(child, signal.SIGABRT)
    told = os.read(reader, 20)
    os.close(reader)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == (0 if told else -signal.SIGKILL)
    return int(told or 0)


def synced() -> None:
    sync.apply(sync.plan(AUDIENCE, "shelf"))


@pytest.fixture
def before(world: World, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of everything as it is before the sync that is killed: ten to remove, ten to add, twenty to change."""
    monkeypatch.setattr(discovery.find("shelf"), "BATCH_SIZE", dict.fromkeys(("add", "update", "remove"), BATCH))
    world.is_capped = True  # so that it dies taking its turn, too
    two_days(world)
    return Path(shutil.copytree(world.home, tmp_path_factory.mktemp("before") / "home"))


def test_killed_at_random_lines(world: World, before: Path) -> None:
    def restore() -> None:
        shutil.rmtree(world.home)
        shutil.copytree(before, world.home)

    lines = forked(synced, kill_at=0)
    undisturbed = [tuple(call) for call in world.shelf.read()["calls"]]
    assert lines > 1_000
    chance = Random(41)
    for _ in range(KILLS):
        restore()
        deaths = 0
        for _ in range(chance.choice((1, 1, 2))):
            deaths += not forked(synced, kill_at=chance.randrange(1, lines + 1))
        finish(world)
        calls = [tuple(call) for call in world.shelf.read()["calls"]]
        assert len(calls) <= len(undisturbed) + deaths, "more was sent again than the batch whose answer nobody saw"
        assert len(calls) >= len(undisturbed)
