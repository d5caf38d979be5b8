"""A made world on disk: ``make_world`` makes it once per (seed, people, days, scenarios, generator), then opens it.

The folder's name carries a hash of the generator's own source, so a changed generator never serves an old world. It
is built under another name and renamed when complete: a crash leaves nothing that looks like one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.brand.basis import START, Basis
from sandbox.brand.build import build


@dataclass(frozen=True)
class World:
    """One shop's history and the days after it. ``folder`` holds what vendors show, ``truth`` what nobody is told."""

    basis: Basis
    folder: Path
    truth: Path

    @property
    def start(self) -> datetime:
        """The first moment of the history."""
        return START

    @property
    def now(self) -> datetime:
        """The moment at which the clock stands at first."""
        return self.basis.now

    @property
    def tables(self) -> list[str]:
        """Names of the vendors' tables."""
        return sorted(path.stem for path in self.folder.glob("*.parquet"))

    def path(self, name: str) -> Path:
        """The Parquet file of a vendor's table. Raises KeyError for a table that no world has."""
        return _table_file(self.folder, name)

    def table(self, name: str) -> pa.Table:
        """A vendor's table, all versions and all that is still to come."""
        return pq.read_table(self.path(name))

    def truth_table(self, name: str) -> pa.Table:
        """A table of the truth."""
        return pq.read_table(_table_file(self.truth, name))


def make_world(
    seed: int,
    people: int,
    days: int,
    home: Path,
    progress: Callable[[str], None] | None = None,
    scenarios: Mapping[str, float] | None = None,
) -> World:
    """Open the world under ``home``, making it first if it is not there. ``progress`` gets a line now and then.

    ``scenarios``: name -> share, where it shall differ from the default (``sandbox.brand.scenarios``). Raises
    ValueError for sizes that make no shop and for unknown scenarios, OSError where the disk refuses.
    """
    basis = Basis(seed, people, days, scenarios or {})
    name = f"{basis.name}-{generator_hash()}"
    world = World(basis, home / "vendors" / "world" / name, home / "vendors" / "truth" / name)
    if not world.folder.is_dir():
        _make(world, progress or _silent)
    return world


def generator_hash() -> str:
    """Twelve hex digits over the source of this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _make(world: World, progress: Callable[[str], None]) -> None:
    partial = [path.with_name(f".{path.name}.{os.getpid()}.partial") for path in (world.truth, world.folder)]
    for path in partial:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, mode=0o700)
    try:
        build(world.basis, partial[1], partial[0], progress)
        # the truth first: a world without its truth must not be found
        for source, target in zip(partial, (world.truth, world.folder), strict=True):
            _put_in_place(source, target)
    finally:
        for path in partial:
            shutil.rmtree(path, ignore_errors=True)


def _put_in_place(source: Path, target: Path) -> None:
    """Rename, unless another process has made the same world meanwhile."""
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _table_file(folder: Path, name: str) -> Path:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise KeyError(f"the world has no table {name!r}")
    return path


def _silent(_: str) -> None:
    return None
