"""Any CSV, JSON-lines or Parquet file (gzip or not) dropped below the landing folder becomes a raw table.

``landing/<folder>/<name>.csv`` lands in ``raw_files.<folder>__<name>``, as do the parts ``<folder>/<name>/*.csv``.
A file is read once. When it is dropped again with other content, its rows replace those it had. Rows that do not fit
go to ``_quarantine`` with file, row, field and reason; a file that is not what its name says is named there too, and
neither stops the others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema

import selvage
from ingestion import lines, reading
from ingestion.connect import Finding
from ingestion.tables import ReadBy
from ingestion.tabular import TabularFile, snake_case
from ingestion.window import Window

DESCRIPTION = "Exports that somebody drops: CSV, JSON lines or Parquet, one raw table per name."
KINDS = {"files", "csv", "json", "parquet"}
VERSION = None
SETTINGS: dict[str, str | None] = {}
FRESHNESS = None
NOT_READ = {
    "rows that do not fit their column's type": "they are put aside in _quarantine with file, row, field and reason",
    "files outside of folders, hidden ones, other kinds": "a folder names its tables; a hidden file is not whole yet",
}
READ_BY = {"landing": ReadBy("_source_file")}

VENDOR = "files"
SCOPES: tuple[str, ...] = ()
EXTENSIONS = tuple(f".{kind}{packed}" for kind in ("csv", "jsonl", "parquet") for packed in ("", ".gz"))
QUARANTINE = "_quarantine"
NULLABLE: TColumnSchema = {
    "nullable": True
}  # a column with a constraint can't be added to a table that is there already
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource, ``landing``, whose rows go to a table per name. A window reads every file again."""

    @dlt.resource(name="landing")
    def landing() -> Iterator[Any]:
        home = selvage.settings()
        state = dlt.current.resource_state() if window is None else {}
        done: dict[str, Any] = state.setdefault("files", {})
        types: dict[str, dict[str, str]] = state.setdefault("types", {})
        for path in _files(home.landing):
            name = path.relative_to(home.landing).as_posix()
            stamp = f"{path.stat().st_size}:{path.stat().st_mtime_ns}"
            before = done.get(name)
            if before and before["stamp"] == stamp:
                continue
            table = table_name(path.relative_to(home.landing))
            good, bad = 0, 0
            file = TabularFile(path, name, types.setdefault(table, {}), home.work)
            try:
                for fits, rows in file.read():
                    good, bad = good + rows.num_rows * fits, bad + rows.num_rows * (not fits)
                    yield _rows(table, rows) if fits else _put_aside(rows)
            except (lines.NotWhatItSays, duckdb.Error, *lines.BROKEN) as problem:
                reason = str(problem).splitlines()[0].replace(f"{home.landing}/", "")
                reading.note(VENDOR, f"{name} could not be read: {reason}")
                yield _put_aside(lines.refused(name, reason))
                bad += 1
            else:
                log.info("%s: %s rows of %s read", VENDOR, f"{good:,}", name)
                if bad:
                    reading.note(VENDOR, f"{name}: {bad:,} rows put aside in raw_{VENDOR}.{QUARANTINE}")
                elif before and before["bad"]:
                    yield _put_aside(lines.refused(name, "mended"), is_resolved=True)
                if before and not good:
                    reading.note(VENDOR, f"{name} has no good rows any more; those of its former content stay")
            done[name] = {"stamp": stamp, "bad": bad}

    return landing


def probe(_settings: Mapping[str, str]) -> Iterator[Finding]:
    """Which files would land, and in which tables."""
    folder = selvage.settings().landing
    names = Counter(table_name(file.relative_to(folder)) for file in _files(folder))
    listed = ", ".join(f"{name} ({number} files)" if number > 1 else name for name, number in sorted(names.items()))
    step = "" if names else "Drop a file as <folder>/<name>.csv, .jsonl or .parquet (.gz or not); it lands by itself."
    yield Finding("folder", True, f"{folder} holds {listed or 'no file yet. ' + step}", step)


def count(_settings: Mapping[str, str], _since: datetime) -> dict[str, int | None]:
    """The good rows of each table's files, by reading them; files are read whole, whatever the day."""
    home, types, found = selvage.settings(), dict[str, dict[str, str]](), Counter[str]()
    for path in _files(home.landing):
        table = table_name(path.relative_to(home.landing))
        file = TabularFile(path, path.name, types.setdefault(table, {}), home.work)
        try:
            found[table] += sum(rows.num_rows for fits, rows in file.read() if fits)
        except (lines.NotWhatItSays, duckdb.Error, *lines.BROKEN):
            continue
    return dict(found)


def table_name(relative: Path) -> str:
    """``crm/Customer List.csv.gz`` -> ``crm__customer_list``; a part's name does not count."""
    parts = relative.parts
    name = parts[1] if len(parts) > 2 else parts[-1][: parts[-1].index(".")]
    return f"{snake_case(parts[0])}__{snake_case(name)}"


def _files(folder: Path) -> list[Path]:
    """Files in a folder of the landing folder, in order of name; what is hidden is still being written."""
    found = (path for path in folder.rglob("*") if path.name.lower().endswith(EXTENSIONS))
    named = (path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    return sorted(path for path in named if len(path.relative_to(folder).parts) > 1)


def _rows(table: str, rows: pa.Table) -> Any:
    times = [field.name for field in rows.schema if pa.types.is_timestamp(field.type)]
    hints = dlt.mark.make_hints(
        table_name=table,
        write_disposition="merge",
        merge_key="_source_file",
        columns={
            "_source_file": NULLABLE,
            **{name: {"data_type": "timestamp", "timezone": False, "precision": 6} for name in times},
        },
    )
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)


def _put_aside(rows: pa.Table, is_resolved: bool = False) -> Any:
    """Rows for the quarantine; with ``is_resolved`` the file's earlier rows leave it and none comes."""
    hints = dlt.mark.make_hints(
        table_name=QUARANTINE,
        write_disposition="merge",
        merge_key="source_file",
        columns={"source_file": NULLABLE, "is_resolved": {"data_type": "bool", "hard_delete": True}},
    )
    flags = pa.array([is_resolved] * rows.num_rows, pa.bool_())
    return dlt.mark.with_hints(rows.append_column("is_resolved", flags), hints, create_table_variant=True)
