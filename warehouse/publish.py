"""Publishing: the build file has one writer and no reader; these copies of it are what others read.

``published/marts.duckdb`` and ``published/parquet/`` hold the marts, without any personal data, for BI tools and pages;
``activation.duckdb`` (mode 0600) holds audiences, contact points and suppressions for the syncs. Each copy is written
whole beside the old one and swapped in by one rename: a reader that has the old file open goes on reading it, the next
one to open gets the new. Nothing is swapped before everything is written, so a failure keeps yesterday's copies.

``publish("build")`` runs after a green build and makes both copies under a new build id. ``publish("sync")`` runs after
the syncs and puts the marts of sync health into the marts' copy, which otherwise stays as it was tested and published.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

import selvage
from warehouse import dbt, parquet
from warehouse.content_hash import TableContent, columns_of, content_of, quoted
from warehouse.lock import write_lock
from warehouse.views import PublishError, copy_view, is_view

Kind = Literal["build", "sync"]
SYNC = "sync"
PERSONAL_COLUMNS = frozenset(
    (
        "email", "phone", "phone_number", "first_name", "last_name", "given_name", "family_name", "full_name",
        "address1", "address2", "street", "ip", "ip_address", "client_ip", "identifier_value", "traits_email",
        "traits_phone", "device_token",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """What one publishing made: rows and content hash per table, and where the files lie."""

    kind: Kind
    build_id: str
    as_of: datetime | None
    published_at: datetime
    tables: Mapping[str, TableContent]
    marts_file: Path
    parquet_folder: Path
    activation_file: Path


@dataclass(frozen=True)
class Model:
    """A built dbt model that goes out, with where it lies and what its YAML says."""

    name: str
    schema: str
    tags: frozenset[str]
    meta: Mapping[str, Any]
    description: str
    reads: tuple[tuple[str, str], ...] = ()
    """Schema and name of the models that it reads."""

    @property
    def relation(self) -> str:
        return quoted("warehouse", self.schema, self.name)


def models(manifest: Mapping[str, Any]) -> list[Model]:
    """The models of a manifest that lie in the warehouse, by name."""
    found = [
        Model(
            name=node.get("alias") or node["name"],
            schema=node["schema"],
            tags=frozenset(node["config"].get("tags") or ()),
            meta=node["config"].get("meta") or {},
            description=node.get("description") or "",
            reads=tuple(
                (parent["schema"], parent.get("alias") or parent["name"])
                for key in node.get("depends_on", {}).get("nodes", ())
                if (parent := manifest["nodes"].get(key)) is not None
            ),
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"].get("materialized") != "ephemeral"
    ]
    return sorted(found, key=lambda model: model.name)


def publish(kind: Kind = "build", manifest: Mapping[str, Any] | None = None) -> Published:
    """Make the copies and swap them in, under the write lock. Raises PublishError; then nothing has changed."""
    settings = selvage.settings()
    known = models(manifest if manifest is not None else dbt.manifest())
    settings.published.mkdir(parents=True, exist_ok=True)
    with write_lock(f"publish {kind}"):
        if not settings.warehouse.exists():
            raise PublishError("There is no warehouse to publish from; land and build first.")
        now = datetime.now(UTC).replace(tzinfo=None)
        return _publish_build(settings, known, now) if kind == "build" else _publish_sync(settings, known, now)


def _publish_build(settings: selvage.Settings, known: list[Model], now: datetime) -> Published:
    build_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    marts_partial, activation_partial = _partial(settings.marts_file), _partial(settings.activation_file)
    with (
        _opened(marts_partial, settings.warehouse) as marts,
        _opened(activation_partial, settings.warehouse, private=True) as activation,
    ):
        as_of = _as_of(marts, known)
        published = _copy_marts(marts, _to_publish(marts, known), {})
        _write_build(marts, published, build_id, now, as_of, now)
        _copy_activation(activation, known, build_id, now, as_of)
        folder = parquet.write(marts, published, settings.published, build_id, now)
    activation_partial.replace(settings.activation_file)
    marts_partial.replace(settings.marts_file)
    folder = parquet.swap(settings.published, folder)
    return Published("build", build_id, as_of, now, published, settings.marts_file, folder, settings.activation_file)


def _publish_sync(settings: selvage.Settings, known: list[Model], now: datetime) -> Published:
    """The published marts as they are, with the sync marts of the warehouse in place of the older ones."""
    if not settings.marts_file.exists():
        raise PublishError("There are no published marts to add the sync marts to; publish a build first.")
    partial = _partial(settings.marts_file)
    shutil.copyfile(settings.marts_file, partial)
    with _opened(partial, settings.warehouse) as connection:
        build = connection.execute(
            "select build_id, built_at, as_of, mart, row_count, content_hash from main._build"
        ).fetchall()
        if not build:
            raise PublishError("The published marts do not say which build they are; publish a build first.")
        build_id, built_at, as_of = build[0][:3]
        fresh = [model for model in _to_publish(connection, known) if SYNC in model.tags]
        names = {model.name for model in fresh}
        kept = {mart: TableContent(rows, content) for *_, mart, rows, content in build if mart not in names}
        published = _copy_marts(connection, fresh, kept)
        _write_build(connection, published, build_id, built_at, as_of, now)
        folder = parquet.write(connection, published, settings.published, build_id, now, kept=frozenset(kept))
    partial.replace(settings.marts_file)
    folder = parquet.swap(settings.published, folder)
    return Published("sync", build_id, as_of, now, published, settings.marts_file, folder, settings.activation_file)


@contextmanager
def _opened(partial: Path, warehouse: Path, *, private: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The new copy, open for writing, with the warehouse attached to read; whole on disk when left without error."""
    connection = duckdb.connect(str(partial))
    try:
        connection.execute("set TimeZone = 'UTC'")
        if private:
            partial.chmod(0o600)
        connection.execute(f"attach '{_text(warehouse)}' as warehouse (read_only)")
        yield connection
        connection.execute("detach warehouse")
        connection.execute("checkpoint")
    except BaseException:
        connection.close()
        _partial(partial.with_suffix(""))
        raise
    connection.close()


def _to_publish(connection: duckdb.DuckDBPyConnection, known: list[Model]) -> list[Model]:
    """The marts; those of sync health only once they are built. A missing mart or a personal column stops it all."""
    built = _built(connection)
    marts = [model for model in known if model.schema == "marts"]
    missing = [model.name for model in marts if SYNC not in model.tags and (model.schema, model.name) not in built]
    if missing:
        raise PublishError(f"Not built, so nothing is published: {', '.join(missing)}. Run the dbt build first.")
    going = [model for model in marts if (model.schema, model.name) in built]
    read = [parent for model in going if is_view(connection, model.schema, model.name) for parent in model.reads]
    stored = [model for model in known if (model.schema, model.name) in read]
    for model in [*going, *stored]:
        personal = PERSONAL_COLUMNS.intersection(name for name, _ in columns_of(connection, model.relation))
        if personal:
            raise PublishError(f"{model.name} holds personal data ({', '.join(sorted(personal))}); it can't go out.")
    return going


def _copy_marts(
    connection: duckdb.DuckDBPyConnection, marts: Collection[Model], kept: Mapping[str, TableContent]
) -> dict[str, TableContent]:
    """Tables first, so that the views among them find what they read."""
    contents = dict(kept)
    views = {model.name for model in marts if is_view(connection, model.schema, model.name)}
    for model in sorted(marts, key=lambda each: each.name in views):
        if model.name in views:
            copy_view(connection, model.schema, model.name, model.reads)
        else:
            connection.execute(f"create or replace table {quoted(model.name)} as from {model.relation}")
        contents[model.name] = content_of(connection, quoted(model.name))
    return dict(sorted(contents.items()))


def _copy_activation(
    connection: duckdb.DuckDBPyConnection,
    known: list[Model],
    build_id: str,
    built_at: datetime,
    as_of: datetime | None,
) -> None:
    """``build``, ``audiences`` and ``conversion_routes`` (a row per destination, from the YAML's meta), the tables."""
    built = _built(connection)
    audiences = [model for model in known if "activation" in model.meta]
    going = audiences + [model for model in known if model.schema == "activation" and model.name.startswith("act_")]
    missing = [model.name for model in going if (model.schema, model.name) not in built]
    if missing:
        raise PublishError(f"Not built, so nothing is published: {', '.join(missing)}. Run the dbt build first.")
    connection.execute("create table build (build_id varchar, built_at timestamp, as_of timestamp)")
    connection.execute("insert into build values (?, ?, ?)", [build_id, built_at, as_of])
    connection.execute(
        "create table audiences (audience varchar, description varchar, purpose varchar, channel varchar, "
        "destination varchar, mode varchar, holdout double, max_removal_share double, owner varchar, "
        "priority_list varchar, priority_rank integer, is_capped boolean)"
    )
    for model in audiences:
        routing = model.meta["activation"]
        owners = (model.meta.get("dagster") or {}).get("owners") or [None]
        priority = routing.get("priority") or {}
        for destination, use in routing["destinations"].items():
            row = [
                model.name, model.description, use["purpose"], use["channel"], destination, routing.get("mode"),
                routing.get("holdout"), routing.get("max_removal_share"), routing.get("owner") or owners[0],
                priority.get("list"), priority.get("rank"), routing.get("capped", True),
            ]  # fmt: skip
            connection.execute(f"insert into audiences values ({', '.join('?' * len(row))})", row)
    connection.execute("create table conversion_routes (destination varchar, channel varchar, purpose varchar)")
    for model in known:
        for destination, use in (model.meta.get("conversions") or {"destinations": {}})["destinations"].items():
            route = [destination, use["channel"], use["purpose"]]
            connection.execute("insert into conversion_routes values (?, ?, ?)", route)
    for model in going:
        connection.execute(f"create table {quoted(model.name)} as from {model.relation}")


def _write_build(
    connection: duckdb.DuckDBPyConnection,
    contents: Mapping[str, TableContent],
    build_id: str,
    built_at: datetime,
    as_of: datetime | None,
    published_at: datetime,
) -> None:
    connection.execute(
        "create or replace table _build (build_id varchar, built_at timestamp, as_of timestamp, "
        "published_at timestamp, mart varchar, row_count bigint, content_hash varchar)"
    )
    rows = [
        [build_id, built_at, as_of, published_at, name, content.rows, content.content_hash]
        for name, content in contents.items()
    ]
    if rows:
        connection.executemany("insert into _build values (?, ?, ?, ?, ?, ?, ?)", rows)


def _as_of(connection: duckdb.DuckDBPyConnection, known: list[Model]) -> datetime | None:
    """The data's own watermark; None where no model of that name is built."""
    for model in known:
        if model.name == "int_as_of" and (model.schema, model.name) in _built(connection):
            found = connection.execute(f"select max(as_of) from {model.relation}").fetchone()
            return found[0] if found else None
    return None


def _built(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    found = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = 'warehouse'"
    ).fetchall()
    return {(str(schema), str(name)) for schema, name in found}


def _partial(path: Path) -> Path:
    """The name under which a copy is written; what an interrupted publishing left there goes away."""
    partial = path.with_name(path.name + ".partial")
    for old in (partial, partial.with_name(partial.name + ".wal")):
        old.unlink(missing_ok=True)
    return partial


def _text(path: Path) -> str:
    return str(path).replace("'", "''")


def main(words: list[str]) -> None:
    """``python -m warehouse.publish build|sync``: the same step as in a run, by hand."""
    if words not in (["build"], ["sync"]):
        raise SystemExit("python -m warehouse.publish build|sync")
    made = publish("sync" if words == ["sync"] else "build")
    sys.stdout.write(f"{len(made.tables)} marts, build {made.build_id}: {made.marts_file}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
