"""What the sandbox must remember over restarts, in one SQLite file: the clock and all that was written to vendors.

One connection for all threads of the one server process, behind a lock. SQLite is a file of the Python standard
library: it survives a killed server without a repair step, and the amounts here are small.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class State:
    """A state file that belongs to one world: opened for another world it starts empty."""

    def __init__(self, path: Path, world: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock = threading.RLock()
        self.is_new = True
        self._open(path)
        rows = self.rows("select world from belongs_to")
        if rows and rows[0][0] == world:
            self.is_new = False
        else:
            self._connection.close()
            for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                name.unlink(missing_ok=True)
            self._open(path)
            self.execute("insert into belongs_to values (?)", (world,))

    def _open(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.execute("create table if not exists belongs_to (world text not null)")

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Run one statement; returns how many rows it changed."""
        with self.lock:
            return self._connection.execute(statement, values).rowcount

    def execute_many(self, statement: str, values: Iterable[tuple[Any, ...]]) -> None:
        with self.lock:
            self._connection.executemany(statement, values)

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All statements inside are kept, or none."""
        with self.lock:
            self._connection.execute("begin")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def close(self) -> None:
        with self.lock:
            self._connection.close()
