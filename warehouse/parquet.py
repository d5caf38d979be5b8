"""The marts as Parquet files, for readers without DuckDB: one folder per publishing, and one name for the newest.

``published/parquet`` is a symbolic link; replacing it is one rename, so a reader finds either the old folder or the
new one, never a half-written mix. The last few folders stay for those who are still reading them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.content_hash import TableContent, quoted

LINK = "parquet"
BUILDS = ".parquet_builds"
KEPT = 3


def write(
    connection: duckdb.DuckDBPyConnection,
    contents: Mapping[str, TableContent],
    published: Path,
    build_id: str,
    published_at: datetime,
    kept: Collection[str] = (),
) -> Path:
    """Write each table of the connection's database to a new folder, with a ``_build.json`` beside them.

    Tables of ``kept`` are the same as in the newest folder: their files are linked, not written again.
    """
    folder = published / BUILDS / f"{published_at:%Y%m%dT%H%M%S%f}-{build_id}"
    folder.mkdir(parents=True)
    for name in contents:
        before = published / LINK / f"{name}.parquet"
        if name in kept and before.exists():
            (folder / before.name).hardlink_to(before)
            continue
        target = str(folder / before.name).replace("'", "''")
        connection.execute(f"copy {quoted(name)} to '{target}' (format parquet, compression zstd)")
    marts = {name: {"rows": content.rows, "content_hash": content.content_hash} for name, content in contents.items()}
    described = {"build_id": build_id, "published_at": published_at.isoformat() + "Z", "marts": marts}
    (folder / "_build.json").write_text(json.dumps(described, indent=2) + "\n")
    return folder


def swap(published: Path, folder: Path) -> Path:
    """Make ``published/parquet`` point to the folder, and let go of the oldest ones. Returns the link."""
    link, partial = published / LINK, published / f"{LINK}.partial"
    partial.unlink(missing_ok=True)
    partial.symlink_to(folder.relative_to(published))
    partial.replace(link)
    for old in sorted((published / BUILDS).iterdir())[:-KEPT]:
        shutil.rmtree(old)
    return link
