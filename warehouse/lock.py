"""One writer at a time: the flock file that every load, dbt command and publication takes before it writes.

A DuckDB file has a single writer, and a second one fails at once instead of waiting. So each writer first takes this
lock, holds it only while it writes (never across a pause for a vendor), and gives it back. The operating system frees
it when a process dies, so no stale lock has to be cleared. The file's text says who holds it; it is read only to be
shown in an error. Within one process the lock may be taken again by any thread: DuckDB lets connections of one process
write side by side.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import selvage

LONGEST_PAUSE_SECONDS = 0.5


class WriteLockTimeout(TimeoutError):
    """Nobody gave the lock back in time; ``holder`` says which process has it and what it does."""

    def __init__(self, path: Path, holder: str, seconds: float) -> None:
        self.holder = holder
        super().__init__(f"The warehouse is still being written after {seconds:g} s by {holder} (lock {path.name}).")


@dataclass
class _Held:
    """The one open file by which this process holds a lock, and how often it was taken."""

    descriptor: int
    process: int
    count: int = 1


_held: dict[Path, _Held] = {}
_guard = threading.Lock()
_waiting: defaultdict[Path, threading.RLock] = defaultdict(threading.RLock)  # who waits for one lock holds up no other


@dataclass
class WriteLock:
    """A lock file and what we want it for. ``acquire`` and ``release`` come in pairs."""

    path: Path
    holder: str
    _count: int = field(default=0, init=False)

    def acquire(self, timeout_seconds: float = 600) -> None:
        """Wait for the lock. Raises WriteLockTimeout after ``timeout_seconds``, naming the holder."""
        path = self.path.resolve()
        with _guard:
            waiting = _waiting[path]
        with waiting:
            if not _take_again(path):
                descriptor = _wait(path, timeout_seconds)
                os.truncate(descriptor, 0)
                os.pwrite(descriptor, f"process {os.getpid()} ({self.holder})".encode(), 0)
                with _guard:
                    _held[path] = _Held(descriptor, os.getpid())
        self._count += 1

    def release(self) -> None:
        """Give back what ``acquire`` took; more often than that does nothing."""
        if not self._count:
            return
        self._count -= 1
        with _guard:
            path = self.path.resolve()
            held = _held[path]
            held.count -= 1
            if held.count == 0:
                del _held[path]
                os.truncate(held.descriptor, 0)
                fcntl.flock(held.descriptor, fcntl.LOCK_UN)  # closing is not enough if a forked child has it open too
                os.close(held.descriptor)


@contextmanager
def write_lock(holder: str, timeout_seconds: float = 600, path: Path | None = None) -> Iterator[None]:
    """Hold the warehouse's write lock (or that at ``path``) for the block. Raises WriteLockTimeout."""
    lock = WriteLock(path or selvage.settings().write_lock, holder)
    lock.acquire(timeout_seconds)
    try:
        yield
    finally:
        lock.release()


def _take_again(path: Path) -> bool:
    """Count once more what this process holds already. A forked child starts without its parent's locks."""
    with _guard:
        held = _held.get(path)
        if held is None:
            return False
        if held.process != os.getpid():
            os.close(held.descriptor)
            del _held[path]
            return False
        held.count += 1
        return True


def _wait(path: Path, timeout_seconds: float) -> int:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + timeout_seconds
    pause = 0.01
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 200, 0).decode(errors="replace") or "an unknown process"
                os.close(descriptor)
                raise WriteLockTimeout(path, holder, timeout_seconds) from None
            time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
