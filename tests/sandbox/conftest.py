"""A small made world, made once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sandbox.brand.world import World, make_world

from .brand_world import DAYS, PEOPLE


@pytest.fixture(scope="session")
def brand_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brand")


@pytest.fixture(scope="session")
def brand(brand_home: Path) -> World:
    return make_world(7, PEOPLE, DAYS, brand_home)


@pytest.fixture
def everything(brand: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """A view of every table with all versions and all that is still to come, and ``truth_<table>``."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for prefix, folder in (("", brand.folder), ("truth_", brand.truth)):
            for path in folder.glob("*.parquet"):
                connection.execute(f"create view {prefix}{path.stem} as select * from read_parquet('{path}')")
        yield connection
