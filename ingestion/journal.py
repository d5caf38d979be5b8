"""What vendors tell by webhooks and nobody could ask for again, kept as it was told: lines of a file an hour.

Where a vendor has no list of what happened, its deliveries are the only copy; so each is kept whole, with its
signature, in ``<folder>/<day>/received-<hour>.jsonl``, and the vendor's source reads the folder as it reads any other
drop of files. Another receiver, or a queue's export, may write such lines too. They hold personal data: the files are
readable by their owner only, and how long they stay is the owner's decision.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ingestion.deliveries import REMEMBERED, Delivery, sync_folder

EXTENSION = ".jsonl"
LANDED = ".landed.json"


class Journal:
    """The deliveries below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._known: set[str] = set()
        self._known_from = 0.0

    def keep(self, delivery: Delivery) -> bool:
        """Append it, on disk when this returns; False if the same was kept in the last days. Raises OSError."""
        with self._lock:
            if time.time() - self._known_from > REMEMBERED.total_seconds():
                self._known, self._known_from = set(self._remembered()), time.time()
            if delivery.id in self._known:
                return False
            now = datetime.now(UTC)
            line = {"received_at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "signature": delivery.id, "body": delivery.body}
            self._append(self._folder / f"{now:%Y-%m-%d}" / f"received-{now:%H}{EXTENSION}", orjson.dumps(line))
            self._known.add(delivery.id)
            return True

    def files(self) -> list[Path]:
        """In order of name; hidden ones are not whole."""
        found = self._folder.rglob(f"*{EXTENSION}") if self._folder.is_dir() else ()
        return sorted(file for file in found if not file.name.startswith("."))

    def waiting(self, most: int | None = None) -> dict[str, int]:
        """The files that have grown since they were last settled, with their sizes."""
        landed = self._landed()
        sizes = {file.relative_to(self._folder).as_posix(): file.stat().st_size for file in self.files()}
        return dict([one for one in sizes.items() if landed.get(one[0]) != one[1]][:most])

    def settle(self, landed: dict[str, int]) -> None:
        """These are landed, up to these sizes. It is a note only: who lands anew finds nothing that is not landed."""
        partial = self._folder / f"{LANDED}.{os.getpid()}.partial"
        partial.write_bytes(orjson.dumps({**self._landed(), **landed}))
        partial.replace(self._folder / LANDED)

    def _landed(self) -> dict[str, int]:
        file = self._folder / LANDED
        read: dict[str, int] = orjson.loads(file.read_bytes()) if file.exists() else {}
        return read

    def _append(self, file: Path, line: bytes) -> None:
        is_new = not file.exists()
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as lines:
            fcntl.flock(lines, fcntl.LOCK_EX)  # another receiver of the same folder
            size = os.fstat(descriptor).st_size
            # a line that a crash cut short must not swallow this one
            is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            try:
                whole = b"\n" * is_cut + line + b"\n"
                if lines.write(whole) != len(whole):
                    raise OSError("the line was not written whole")
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
        if is_new:
            sync_folder(file.parent)
            sync_folder(self._folder)

    def _remembered(self) -> list[str]:
        """Signatures of what came lately, from before the start too: a replay later than that changes no row either."""
        found = []
        for file in self.files():
            if file.stat().st_mtime > time.time() - REMEMBERED.total_seconds():
                for line in file.read_bytes().splitlines():
                    try:
                        found.append(orjson.loads(line)["signature"])
                    except (ValueError, KeyError, TypeError):
                        continue
        return found
