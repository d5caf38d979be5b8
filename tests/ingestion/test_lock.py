"""The write lock between processes and inside one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from warehouse.lock import WriteLock, WriteLockTimeout, write_lock

HOLDER = """
import sys, time
from pathlib import Path
from warehouse.lock import write_lock
with write_lock("counting sheep", path=Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(path: Path, seconds: float) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "held"
    return child


def test_a_second_process_waits_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "write.lock"
    child = hold(path, 1.0)
    started = time.monotonic()
    with write_lock("a load", timeout_seconds=20, path=path):
        waited = time.monotonic() - started
    child.wait()
    assert waited > 0.3


def test_a_timeout_names_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "write.lock"
    child = hold(path, 30)
    try:
        with pytest.raises(WriteLockTimeout, match=rf"process {child.pid} \(counting sheep\)"):
            WriteLock(path, "dbt").acquire(timeout_seconds=0.2)
    finally:
        child.kill()
        child.wait()
    with write_lock("a load", timeout_seconds=5, path=path):
        pass  # a killed holder leaves nothing that has to be cleared


def test_a_process_may_take_it_again_and_frees_it_with_the_last(tmp_path: Path) -> None:
    path = tmp_path / "write.lock"
    with write_lock("outer", path=path):
        with write_lock("inner", timeout_seconds=1, path=path):
            pass
        taken: list[bool] = []
        thread = threading.Thread(target=lambda: taken.append(_take(path)))
        thread.start()
        thread.join()
        assert taken == [True]
        assert not _free_for_others(path)
    assert _free_for_others(path)


def test_release_without_acquire_does_nothing(tmp_path: Path) -> None:
    lock = WriteLock(tmp_path / "write.lock", "nobody")
    lock.release()
    lock.acquire(timeout_seconds=1)
    lock.release()
    lock.release()
    assert _free_for_others(tmp_path / "write.lock")


def test_after_a_load_another_process_can_open_the_warehouse(home, tmp_path: Path) -> None:
    from ingestion import pipeline

    folder = home.landing / "crm"
    folder.mkdir(parents=True)
    (folder / "cards.csv").write_text("id,name\n1,a\n")
    pipeline.land("files")
    opened = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create table other (a int)')"
    subprocess.run([sys.executable, "-c", opened, str(home.warehouse)], check=True, timeout=60)
    assert duckdb.connect(str(home.warehouse)).execute("select count(*) from other").fetchone() == (0,)


def _take(path: Path) -> bool:
    with write_lock("thread", timeout_seconds=1, path=path):
        return True


def _free_for_others(path: Path) -> bool:
    tried = (
        "import sys; from pathlib import Path; from warehouse.lock import write_lock\n"
        "with write_lock('other', timeout_seconds=0, path=Path(sys.argv[1])): pass"
    )
    return subprocess.run([sys.executable, "-c", tried, str(path)], capture_output=True, check=False).returncode == 0
