"""One dbt build of a warehouse in which nothing was ever landed, made once for all who read it or start from it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage


@dataclass
class EmptyShop:
    """A home in which nothing was ever landed, after ``dbt build``; ``problems`` is what was not green.

    Tests of one worker may go on with it (they compile in it); others start from ``as_built``, which nothing touches.
    """

    home: Path
    target: Path
    problems: dict[str, str]
    results: dict[str, str]

    @property
    def warehouse(self) -> Path:
        return self.home / "sandbox" / "demo" / "warehouse.duckdb"

    @property
    def as_built(self) -> Path:
        """The warehouse's file and the folder ``compiled``."""
        return self.home / "as_built"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@cache
def empty_shop_in(base: Path) -> EmptyShop:
    """``base``: the folder of this worker's tests. The first worker that asks builds it, the others wait."""
    whole_run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    home = whole_run / "empty_shop"
    told = home / "built.json"
    with (whole_run / "empty_shop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            shop = _build(home)
            shop.as_built.mkdir()
            shutil.copyfile(shop.warehouse, shop.as_built / shop.warehouse.name)
            shutil.copytree(shop.target / "compiled", shop.as_built / "compiled")
            told.write_text(json.dumps(asdict(shop), default=str))
    found = json.loads(told.read_text())
    return EmptyShop(Path(found["home"]), Path(found["target"]), found["problems"], found["results"])


def _build(home: Path) -> EmptyShop:
    from activation import ledger
    from warehouse import dbt

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
