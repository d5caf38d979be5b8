"""One sync at a time per destination: a flock file, freed by the operating system when its process dies.

Not the warehouse's write lock: that one may be taken again within a process, while two syncs to one destination must
not interleave even as two threads, and a sync never writes the warehouse.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DestinationBusy(TimeoutError):
    """Another sync to the same destination did not end in time."""


@contextmanager
def destination_lock(path: Path, holder: str, timeout_seconds: float = 600) -> Iterator[None]:
    """Hold ``path`` for the block. Raises DestinationBusy, naming who holds it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + timeout_seconds
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    other = os.pread(descriptor, 200, 0).decode(errors="replace") or "an unknown process"
                    raise DestinationBusy(f"Still syncing after {timeout_seconds:g} s: {other}") from None
                time.sleep(0.05)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} ({holder})".encode(), 0)
        yield
    finally:
        os.close(descriptor)
