"""A warehouse of a few hand-written raw rows, built by the real dbt project: for rules that need a case, not a crowd."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage
from activation.ledger import initialise
from warehouse import dbt


class MiniWarehouse:
    """Raw tables by name -> rows as dicts; ``dbt`` runs a command in this process.

    All of a test run share one folder beside ``own``, emptied for each but for what dbt has parsed, which is the
    slowest part: one at a time, so their files stay on one worker (conftest.py).
    """

    def __init__(self, own: Path) -> None:
        self._root = own.parent / "mini_warehouse"
        with self._entered() as settings:
            for old in settings.home.iterdir():
                if old.name != "dbt":
                    shutil.rmtree(old) if old.is_dir() else old.unlink()
            (settings.home / "hash.key").write_text("0" * 64)  # the same for each: dbt parses anew when it changes
            initialise(settings.ledger)
            self.file = settings.warehouse
            dbt.prepare_manifest()
        self.dbt("run", "--select", "stg_shopify__locations")  # its start hook makes every raw table

    @contextmanager
    def _entered(self) -> Iterator[selvage.Settings]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SELVAGE_HOME", str(self._root))
            for name in ("SELVAGE_ENV", "SELVAGE_BRAND"):
                patch.delenv(name, raising=False)
            yield selvage.settings()

    def dbt(self, *arguments: str) -> None:
        with self._entered():
            dbt.invoke(*arguments)

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        with duckdb.connect(str(self.file)) as con:
            for row in rows:
                con.execute(
                    f"insert into {table} ({', '.join(row)}) values ({', '.join('?' for _ in row)})", list(row.values())
                )

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.file), read_only=True) as con:
            return con.sql(sql).fetchall()
