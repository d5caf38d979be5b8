"""dbt waits for the warehouse's write lock before it opens the file.

A DuckDB file has one writer; a second one, or dbt beside a load, fails at once. profiles.yml names this module as a
dbt-duckdb plugin: every dbt command makes its plugins before it connects, takes the same lock file as the loads
(`warehouse.lock`) and keeps it until the process ends. So a bare ``dbt build`` waits its turn too, and ``dbt parse``,
which never connects, does not. A process that runs dbt several times (``dbtRunner``) calls ``release()`` after it has
closed dbt's connections; within one process the lock can be taken again and again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from warehouse.lock import WriteLock

_held: list[WriteLock] = []


class Plugin(BasePlugin):
    """Takes the lock at ``config.path``; waits ``config.timeout_seconds`` (600), then names the holder."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        lock = WriteLock(Path(plugin_config["path"]), holder="dbt")
        lock.acquire(timeout_seconds=float(plugin_config.get("timeout_seconds", 600)))
        _held.append(lock)


def release() -> None:
    """Give back every lock that dbt took in this process."""
    while _held:
        _held.pop().release()
