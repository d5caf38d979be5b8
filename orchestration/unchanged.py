"""Whether a build would give what is there already: the same raw rows, the same project, the same settings.

Building and testing everything again when nothing was landed takes most of a run and changes nothing. So a green build
writes down what it was made from and what it made (``work/green_build.json``); the next run that finds both as they
were passes over dbt. Anything that can't be told for sure counts as a change.

From what: the rows of every raw table (hashed: a second or two for a million), the contents of the dbt project's files
and of the Python that its models call, and the environment that dbt reads. What: the built tables with their sizes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

import selvage
from warehouse import dbt
from warehouse.content_hash import quoted
from warehouse.lock import write_lock


def state(manifest: Mapping[str, Any], ignored: str) -> dict[str, str]:
    """``inputs`` and ``outputs`` as hashes; models with the tag ``ignored`` do not count as made by the build."""
    settings = selvage.settings()
    if not settings.warehouse.exists():
        return {"inputs": "", "outputs": ""}
    later = {
        (node["schema"], node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and ignored in node["config"].get("tags", ())
    }
    with write_lock("comparing with the last build"), duckdb.connect(str(settings.warehouse)) as connection:
        tables = connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables() "
            "order by schema_name asc nulls last, table_name asc nulls last"
        ).fetchall()
        raw = list(_raw(connection, [(schema, table) for schema, table, _ in tables if schema.startswith("raw_")]))
    built = [row for row in tables if not row[0].startswith("raw_") and row[:2] not in later]
    return {
        "inputs": _hash([raw, _project(), settings.dbt_environment()]),
        "outputs": _hash(built),
    }


def _raw(connection: duckdb.DuckDBPyConnection, tables: list[tuple[str, str]]) -> Iterator[list[Any]]:
    for schema, table in tables:
        if table.startswith("_dlt"):
            continue
        # DuckDB's own hash may differ in its next version: then everything is built once more, which is right.
        rows = f"select count(*), sum(cast(hash(each_row) as hugeint)) from {quoted(schema, table)} as each_row"
        yield [schema, table, *(connection.execute(rows).fetchone() or ())]


def _project() -> list[list[str]]:
    files = sorted(path for part in dbt.PARTS for path in (dbt.PROJECT / part).rglob("*") if path.is_file())
    files += sorted(dbt.PROJECT.glob("*.yml"))
    root = dbt.PROJECT.parent
    files += sorted(path for part in dbt.CALLED for path in (root / part).rglob("*") if path.suffix in (".py", ".json"))
    return [[str(path.relative_to(root)), hashlib.sha256(path.read_bytes()).hexdigest()] for path in files]


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()
