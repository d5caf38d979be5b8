"""One dbt build of a warehouse in which nothing was ever landed, made once for all who read it or start from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage


@dataclass
class EmptyShop:
    """A home in which nothing was ever landed, after ``dbt build``; ``problems`` is what was not green."""

    home: Path
    target: Path
    problems: dict[str, str]
    results: dict[str, str]

    @property
    def warehouse(self) -> Path:
        return self.home / "sandbox" / "demo" / "warehouse.duckdb"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@cache
def empty_shop_in(base: Path) -> EmptyShop:
    """``base``: the folder of this worker's tests."""
    from activation import ledger
    from warehouse import dbt

    home = base / "empty_shop"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELVAGE_HOME", str(home))
        patch.delenv("SELVAGE_ENV", raising=False)
        patch.delenv("SELVAGE_BRAND", raising=False)
        ledger.initialise(selvage.settings().ledger)
        dbt.prepare_manifest()
        target = home / "target"
        problems: dict[str, str] = {}
        results: dict[str, str] = {}
        try:
            built = dbt.invoke("build", target=target)
        except dbt.DbtFailed as failure:
            problems = {**failure.nodes} or {"dbt build": str(failure)}
        else:
            results = {result.node.unique_id: str(result.status) for result in built.result}
    return EmptyShop(home, target, problems, results)
