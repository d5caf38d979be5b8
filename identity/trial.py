"""A throw-away warehouse in which identity is built with changed seeds: the real one is read once and never written.

Only what the changed seeds lead to is built anew; what that needs is copied out of the real warehouse, under its write
lock, into a file of the home's ``work`` folder (it is as personal as the warehouse). Everything after the copying is
done without the lock, with the project's own models, so the trial does what the next build would do. The data go when
the trial ends; dbt's parsed project stays, for the next trial to start from.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

import selvage
from identity.graph import NoWarehouse
from warehouse import dbt
from warehouse.content_hash import quoted
from warehouse.lock import write_lock

RESULTS = ("int_identity__record_customers", "fct_identity_quality")
"""What a trial has to come to; everything between a changed seed and these is built."""
BEFORE = (
    ("intermediate", "int_identity__record_customers"),
    ("intermediate", "int_identity__edges"),
    ("intermediate", "int_orders__orders"),
    ("marts", "fct_identity_quality"),
)
"""What is compared or counted: copied into the trial's schema ``before``."""
THRESHOLDS = "assert_identity_within_thresholds"


class SeedRefused(ValueError):
    """A file that is no seed of identity, or holds a value that the seed's columns can't."""


@dataclass(frozen=True)
class Plan:
    """Which seed each file replaces, which models are built anew, what they need, and which tests speak about them."""

    seeds: Mapping[str, Path]
    models: Sequence[str]
    inputs: Sequence[tuple[str, str]]
    tests: Sequence[str]


def plan(manifest: Mapping[str, Any], files: Sequence[Path]) -> Plan:
    """What a trial with these files takes. Raises SeedRefused."""
    nodes = manifest["nodes"]
    results = [f"model.selvage.{name}" for name in RESULTS]
    towards = set(results).union(*(_reach(manifest["parent_map"], each) for each in results))
    known = {name.split(".")[-1]: nodes[name] for name in towards if name.startswith("seed.")}
    seeds: dict[str, Path] = {}
    for file in files:
        name = seed_of(file, known)
        if name in seeds:
            raise SeedRefused(f"{seeds[name].name} and {file.name} are both {name}; give one file a seed.")
        seeds[name] = file
    after = set[str]().union(*(_reach(manifest["child_map"], known[name]["unique_id"]) for name in seeds))
    built = {name for name in after & towards if name.startswith("model.")}
    needed = {parent for name in built for parent in manifest["parent_map"][name] if parent in nodes} - built
    kept = {name for name in built if nodes[name]["config"]["materialized"] == "incremental"}
    replaced = {known[name]["unique_id"] for name in seeds}
    return Plan(
        seeds=seeds,
        models=sorted(nodes[name]["name"] for name in built),
        inputs=sorted((nodes[name]["schema"], nodes[name]["name"]) for name in needed | kept),
        tests=sorted(
            node["name"]
            for node in nodes.values()
            if node["resource_type"] == "test"
            and (node["name"].startswith("assert_") or node.get("attached_node") in replaced)
            and node["name"] != THRESHOLDS  # its cards are in the report, each with its threshold
            and set(node["depends_on"]["nodes"]) <= built | needed
        ),
    )


def seed_of(file: Path, known: Mapping[str, Mapping[str, Any]]) -> str:
    """The seed whose columns the file has. Raises SeedRefused, naming the nearest seed and what differs."""
    if not file.is_file():
        raise SeedRefused(f"There is no file {file}.")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header = set(next(csv.reader(lines), []))
    columns = {name: set(node["config"]["column_types"]) for name, node in known.items()}
    for name, wanted in columns.items():
        if wanted == header:
            return name
    nearest = max(sorted(columns), key=lambda name: len(columns[name] & header))
    raise SeedRefused(
        f"{file.name} has the columns of no seed of identity. Nearest is {nearest}: "
        f"missing {', '.join(sorted(columns[nearest] - header)) or 'none'}; "
        f"not in it {', '.join(sorted(header - columns[nearest])) or 'none'}."
    )


@contextmanager
def built(files: Sequence[Path]) -> Iterator[tuple[duckdb.DuckDBPyConnection, Plan, list[str]]]:
    """The trial's warehouse, read only, once identity is built in it; with the plan and the names of failed tests.

    Raises SeedRefused; DbtFailed when a model can't be built with the seeds; NoWarehouse before the first build.
    """
    settings = selvage.settings()
    if not settings.warehouse.exists():
        raise NoWarehouse
    manifest = dbt.manifest()
    planned = plan(manifest, files)
    root = settings.work / "identity_trial"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with write_lock("trial of identity's seeds", path=root / "trial.lock"), _home(root, settings) as home:
        scratch = home / settings.warehouse.name
        try:
            _copy(settings.warehouse, scratch, planned, manifest)
            dbt.invoke("run", "--select", *planned.models, target=home / "dbt")
            failed = _failed_tests(planned, home / "dbt")
            with duckdb.connect(str(scratch), read_only=True) as connection:
                connection.execute("set TimeZone = 'UTC'")
                yield connection, planned, failed
        finally:
            for file in (scratch, scratch.with_name(scratch.name + ".wal")):
                file.unlink(missing_ok=True)


def _reach(neighbours: Mapping[str, Sequence[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(neighbours.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


@contextmanager
def _home(root: Path, settings: selvage.Settings) -> Iterator[Path]:
    """The trial's own home: dbt in this process works there, with the real home's key, until the block ends."""
    before = os.environ.get("SELVAGE_HOME")
    os.environ["SELVAGE_HOME"] = str(root)
    try:
        home = selvage.settings().home
        shutil.copy2(settings.home / "hash.key", home / "hash.key")
        yield home
    finally:
        if before is None:
            del os.environ["SELVAGE_HOME"]
        else:
            os.environ["SELVAGE_HOME"] = before


def _copy(warehouse: Path, scratch: Path, planned: Plan, manifest: Mapping[str, Any]) -> None:
    """What the models need, what is compared, and the changed seeds in place of the present ones."""
    scratch.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{_text(scratch)}' as trial")
        scratch.chmod(0o600)
        with write_lock("copying for a trial of identity's seeds"):
            connection.execute(f"attach '{_text(warehouse)}' as warehouse (read_only)")
            for schema, name in planned.inputs:
                connection.execute(f"create schema if not exists trial.{quoted(schema)}")
                table = quoted(schema, name)
                connection.execute(f"create table trial.{table} as from warehouse.{table}")
            connection.execute("create schema trial.before")
            for schema, name in BEFORE:
                connection.execute(f"create table trial.before.{quoted(name)} as from warehouse.{quoted(schema, name)}")
            connection.execute("detach warehouse")
        for name, file in planned.seeds.items():
            node = next(node for node in manifest["nodes"].values() if node["name"] == name)
            _load(connection, quoted(node["schema"], name), file, node["config"]["column_types"])


def _load(connection: duckdb.DuckDBPyConnection, table: str, file: Path, types: Mapping[str, str]) -> None:
    """A seed from a file, as dbt would load it: an empty field is null. What it replaces is kept in ``before``."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        columns = {name: types[name] for name in next(csv.reader(lines))}
    given = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    name = table.rpartition(".")[-1]
    connection.execute(f"create table trial.before.{name} as from trial.{table}")
    try:
        connection.execute(
            f"create or replace table trial.{table} as select {', '.join(map(quoted, types))} from read_csv("
            f"'{_text(file)}', header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
            f"columns = {{{given}}})"
        )
    except duckdb.Error as error:
        raise SeedRefused(f"{file.name}: {dbt.one_line(str(error))}") from error


def _failed_tests(planned: Plan, target: Path) -> list[str]:
    try:
        words = ["--indirect-selection", "empty", "--select", *planned.tests]
        dbt.invoke("test", *words, target=target)
    except dbt.DbtFailed as failed:
        if not failed.nodes:
            raise
        return sorted(failed.nodes)
    return []


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
