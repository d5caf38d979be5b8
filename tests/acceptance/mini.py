"""Warehouses that are built in this process, in one home for all tests of a worker: what dbt parsed is the dearest part."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage
from activation.ledger import initialise
from tests.acceptance_support.empty_shop import empty_shop_in
from warehouse import dbt
from warehouse.content_hash import TableContent, content_of, quoted


class SharedHome:
    """The demo's home in the sandbox, beside ``own`` (a test's own folder). One at a time uses it: a file's tests on one
    worker (conftest.py), and what they measure of it they keep."""

    def __init__(self, own: Path) -> None:
        self.root = own.parent / "shared_home"

    @contextmanager
    def entered(self, **environment: str) -> Iterator[selvage.Settings]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("SELVAGE_ENV", "SELVAGE_BRAND"):
                patch.delenv(name, raising=False)
            for name, value in (environment | {"SELVAGE_HOME": str(self.root)}).items():
                patch.setenv(name, value)
            yield selvage.settings()

    def empty(self) -> None:
        """A new home, but for what dbt has parsed, with an empty ledger."""
        with self.entered() as settings:
            for old in settings.home.iterdir():
                if old.name != "dbt":
                    shutil.rmtree(old) if old.is_dir() else old.unlink()
            (settings.home / "hash.key").write_text("0" * 64)  # the same for each: dbt parses anew when it changes
            initialise(settings.ledger)
            dbt.prepare_manifest()

    def begin(self) -> Path:
        """``empty``, but for the views, the seeds, the raw tables and the compiled SQL of the empty shop: tables are built
        as for the first time. Returns the warehouse's file."""
        self.empty()
        shop = empty_shop_in(self.root.parent)
        with self.entered() as settings:
            file = Path(shutil.copyfile(shop.as_built / shop.warehouse.name, settings.warehouse))
            compiled = settings.home / "dbt" / "build" / "compiled"
            shutil.copytree(shop.as_built / "compiled", compiled, dirs_exist_ok=True)
        with duckdb.connect(str(file)) as con:
            built = con.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where schema_name not like 'raw\\_%' escape '\\' and schema_name <> 'seeds'"
            ).fetchall()
            for schema, table in built:
                con.execute(f'drop table "{schema}"."{table}"')
        return file


@cache
def parsed_in(root: Path) -> Any:
    """What dbt parses for commands without variables in the shared home, once a worker; each would read it again."""
    return dbt.invoke("parse", target=dbt.folder() / "build").result


def tables(*wanted: str) -> tuple[str, ...]:
    """dbt's words for making tables by its selectors, where the views and the seeds are there; nothing is tested."""
    return ("run", "--select", *wanted, "--exclude", "config.materialized:view")


class MiniWarehouse:
    """A few hand-written raw rows, for rules that need a case, not a crowd: raw tables by name -> rows as dicts."""

    def __init__(self, own: Path) -> None:
        self._home = SharedHome(own)
        self.file = self._home.begin()

    def entered(self) -> AbstractContextManager[selvage.Settings]:
        """The environment of its home, in which sources land."""
        return self._home.entered()

    def build(self, *wanted: str) -> None:
        """Make tables by dbt's selectors; the views and the seeds are there, and nothing is tested."""
        self.dbt(*tables(*wanted))

    def dbt(self, *arguments: str) -> None:
        with self._home.entered():
            dbt.invoke(*arguments, parsed=parsed_in(self._home.root))

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        with duckdb.connect(str(self.file)) as con:
            for row in rows:
                con.execute(
                    f"insert into {table} ({', '.join(row)}) values ({', '.join('?' for _ in row)})", list(row.values())
                )

    def contents(self) -> dict[str, TableContent]:
        """The hash of each table that was built, and of each view over nothing but such."""
        made = (
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('intermediate', 'marts', 'audiences')"
        )
        found = {}
        with duckdb.connect(str(self.file), read_only=True) as con:
            for schema, name in con.execute(made).fetchall():
                try:
                    con.execute(f"describe {quoted(schema, name)}")
                except duckdb.CatalogException:
                    continue  # it reads a table that this test does not build
                found[name] = content_of(con, quoted(schema, name))
        return found

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.file), read_only=True) as con:
            return con.sql(sql).fetchall()
