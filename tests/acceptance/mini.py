"""A warehouse of a few hand-written raw rows, built by the real dbt project: for rules that need a case, not a crowd."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from activation.ledger import initialise
from tests.conftest import ROOT, clean_environment

DBT = (sys.executable, "-m", "dbt.cli.main")


class MiniWarehouse:
    """Raw tables by name -> rows as dicts; ``build`` runs the chosen models with their tests."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / "warehouse.duckdb"
        self.environment = clean_environment(
            home,
            SELVAGE_WAREHOUSE=str(self.file),
            SELVAGE_WRITE_LOCK=str(home / "write.lock"),
            SELVAGE_LEDGER=str(home / "ledger"),
            SELVAGE_HASH_KEY="0" * 64,
        )
        initialise(home / "ledger")
        self.dbt("run", "--select", "stg_shopify__locations")  # its start hook makes every raw table

    def dbt(self, *arguments: str) -> str:
        done = subprocess.run(
            [
                *DBT,
                *arguments,
                "--project-dir",
                "dbt_project",
                "--profiles-dir",
                "dbt_project",
                "--target-path",
                str(self.home / "target"),
                "--log-path",
                str(self.home / "logs"),
            ],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        with duckdb.connect(str(self.file)) as con:
            for row in rows:
                con.execute(
                    f"insert into {table} ({', '.join(row)}) values ({', '.join('?' for _ in row)})", list(row.values())
                )

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.file), read_only=True) as con:
            return con.sql(sql).fetchall()
