"""One dbt build of an empty warehouse, made once and read by every test of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage

PROJECT = selvage.ROOT / "dbt_project"


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


@pytest.fixture(scope="session")
def empty_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmptyShop]:
    from activation import ledger
    from warehouse import dbt

    base = tmp_path_factory.mktemp("empty_shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELVAGE_HOME", str(base))
        patch.delenv("SELVAGE_ENV", raising=False)
        patch.delenv("SELVAGE_BRAND", raising=False)
        ledger.initialise(selvage.settings().ledger)
        target = base / "target"
        problems: dict[str, str] = {}
        results: dict[str, str] = {}
        try:
            built = dbt.invoke("build", target=target)
        except dbt.DbtFailed as failure:
            problems = {**failure.nodes} or {"dbt build": str(failure)}
        else:
            results = {result.node.unique_id: str(result.status) for result in built.result}
        yield EmptyShop(base, target, problems, results)


@pytest.fixture(scope="session")
def compiled(empty_shop: EmptyShop) -> Callable[[str], str]:
    """Renders Jinja with the project's macros, as a model would be; nothing is run."""
    from warehouse import dbt

    def compile_text(text: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SELVAGE_HOME", str(empty_shop.home))
            result = dbt.invoke("compile", "--inline", text, target=empty_shop.target)
        return str(result.result[0].node.compiled_code)

    return compile_text
