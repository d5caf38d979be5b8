"""Reads one of Shopify's lists into pages of JSON lines, (``ingestion.tables``): its history, or what changed.

History comes as the file of a bulk operation, later changes by cursor in order of update; both end as the same lines.
Children name their parent and are told by it, never by their order in the file. A connection inside a list (the lines
of an order's refunds) is refused in bulk, and dear by cursor: such objects are asked for by their id (``details``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import orjson
import pyarrow as pa

import selvage
from ingestion import reading
from ingestion.news import news
from ingestion.position import Position
from ingestion.shopify.admin import Admin, quoted
from ingestion.shopify.columns import GRANDPARENT
from ingestion.tables import PAGE, Line, Table, page_of, query
from ingestion.window import Window

EARLIEST = datetime(1970, 1, 1)  # noqa: DTZ001 - our times are UTC without zone
LAG = timedelta(minutes=5)
DAY = timedelta(days=1)
LINES_PER_PAGE = 50_000
NODES_PER_PAGE, CHILDREN_PER_PAGE, DETAILS_PER_CALL = 100, 50, 25
INSIDE_AN_OBJECT = 250  # the most that Shopify gives: such a connection is not paged (the lines of a return)
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Connection:
    """A connection below an object. Children with updates of their own are found by these, others come with it."""

    field: str
    kind: str
    has_own_updates: bool = False


@dataclass(frozen=True)
class Root:
    """One list of the shop and the tables that it fills.

    ``finds_by``: how exactly it can be searched by update (None: not at all); ``sorts``: it can be sorted by update.
    ``details``: a list field whose objects are asked for one by one, into ``detail_tables``.
    """

    field: str
    tables: tuple[Table, ...]
    connections: tuple[Connection, ...] = ()
    arguments: str = ""
    finds_by: Literal["time", "day"] | None = "time"
    sorts: bool = False
    details: str = ""
    detail_tables: tuple[Table, ...] = ()
    detail_connections: tuple[Connection, ...] = ()

    @property
    def kind(self) -> str:
        return self.tables[0].kind

    def fields(self) -> str:
        return f"{selection(self.tables, self.kind)} {f'{self.details} {{ id }}' if self.details else ''}"


def read(vendor: str, admin: Admin, root: Root, start_date: str, window: Window | None) -> Iterator[pa.Table]:
    """Pages of what is new since the last reading, of all since ``start_date`` at the first, or of a window."""
    admin.ask("{ shop { id } }")
    if admin.now is None:
        raise AssertionError("an answer has set the clock")
    reading.note_now(vendor, admin.now)
    position = Position(root.field, LAG, admin.now, window)
    is_history = position.is_first
    pages = _history(admin, root, start_date, position) if is_history else _changes(vendor, admin, root, position)
    count = 0
    for page in pages:
        count += page["kind"].to_pylist().count(root.kind)
        yield page
        if root.details:
            yield from details(admin, root, page)
    position.complete()
    log.info("%s: %s %s read%s", vendor, f"{count:,}", root.field, " (history)" if is_history else "")


def _history(admin: Admin, root: Root, start_date: str, position: Position) -> Iterator[pa.Table]:
    below = " ".join(f"{one.field} {{ edges {{ node {{ {_child_fields(root, one)} }} }} }}" for one in root.connections)
    search = f"query: {quoted(_search(root, datetime.fromisoformat(start_date), None))}" if root.finds_by else ""
    arguments = f"({', '.join(filter(None, (root.arguments, search)))})"
    node = f"{root.fields()} {below}"
    file = selvage.settings().work / "bulk" / f"{root.field}.jsonl"
    try:
        if admin.bulk(f"{{ {root.field}{arguments} {{ edges {{ node {{ {node} }} }} }} }}", file):
            for page in _lines_of(file, numbers_children=bool(root.connections)):
                _remember(page, root, position)
                yield page
    finally:
        file.unlink(missing_ok=True)  # it holds personal data


def _lines_of(file: Path, numbers_children: bool) -> Iterator[pa.Table]:
    """The pages of a bulk file."""
    number = "row_number() over (partition by parent_gid order by try_cast(split_part(gid, '/', 5) as ubigint), gid)"
    with duckdb.connect(":memory:", config={"temp_directory": str(file.parent / "spill")}) as database:
        rows = database.execute(
            f"""
            with lines as (
                select
                    json_extract_string(json, '$.id') as gid,
                    json_extract_string(json, '$.__parentId') as parent_gid,
                    json::varchar as doc
                from read_ndjson_objects(?)
            )
            select gid, parent_gid, cast({number if numbers_children else 0} as bigint) as place,
                split_part(gid, '/', 4) as kind, doc
            from lines
            """,
            [str(file)],
        )
        for batch in rows.to_arrow_reader(LINES_PER_PAGE):
            yield pa.Table.from_batches([batch]).cast(PAGE)


def _remember(page: pa.Table, root: Root, position: Position) -> None:
    """Tell the position which versions have been landed, so that the lag does not land them again."""
    kinds = [root.kind, *(one.kind for one in root.connections if one.has_own_updates)]
    recent = query(
        "select gid, json_extract_string(doc, '$.updatedAt') as version from page where kind in "
        f"({', '.join(map(_sql_text, kinds))}) and version::timestamp >= '{position.keep_from}'::timestamp",
        page=page,
    )
    for gid, version in zip(recent["gid"].to_pylist(), recent["version"].to_pylist(), strict=True):
        position.is_new(gid, version)


def _changes(vendor: str, admin: Admin, root: Root, position: Position) -> Iterator[pa.Table]:
    since = position.since or EARLIEST
    search = _search(root, since, position.until)
    below = []
    for one in root.connections:
        only = f", query: {quoted(_search(None, since, position.until))}" if one.has_own_updates else ""
        arguments = f"(first: {CHILDREN_PER_PAGE}{only})"
        below.append(f"{one.field}{arguments} {{ {PAGE_INFO} nodes {{ {_child_fields(root, one)} }} }}")
    arguments = ", ".join(
        filter(
            None,
            (
                "first: $first, after: $after",
                root.arguments,
                "sortKey: UPDATED_AT" if root.sorts else "",
                f"query: {quoted(search)}" if root.finds_by else "",
            ),
        )
    )
    asked = (
        f"query($first: Int!, $after: String) {{ {root.field}({arguments}) {{ {PAGE_INFO} "
        f"nodes {{ {root.fields()} {' '.join(below)} }} }} }}"
    )
    lines: list[Line] = []
    for nodes in admin.pages(root.field, asked, NODES_PER_PAGE):
        for node in nodes:
            own, *children = flatten(admin, node, root.kind, None, root.connections, root.tables)
            is_new = position.is_new(own[0], node["updatedAt"])
            lines += [own] if is_new else []
            by_kind = {one.kind: one for one in root.connections}
            for child in children:
                if by_kind[child[3]].has_own_updates:
                    lines += [child] if position.is_new(child[0], orjson.loads(child[4])["updatedAt"]) else []
                elif is_new:
                    lines.append(child)
        if len(lines) >= LINES_PER_PAGE:
            yield news(position, vendor, root.tables, page_of(lines))
            lines = []
    if lines:
        yield news(position, vendor, root.tables, page_of(lines))


def details(admin: Admin, root: Root, page: pa.Table) -> Iterator[pa.Table]:
    """The objects that a page's objects name in their list ``details``, each with its children."""
    found = query(
        f"select gid, unnest(json_extract_string(doc, '$.{root.details}[*].id')) as detail "
        f"from page where kind = '{root.kind}'",
        page=page,
    )
    owners = dict(zip(found["detail"].to_pylist(), found["gid"].to_pylist(), strict=True))
    kind, ids = root.detail_tables[0].kind, list(owners)
    fields = selection(root.detail_tables, kind)
    for one in root.detail_connections:
        inner = selection(root.detail_tables, one.kind)
        fields += f" {one.field}(first: {CHILDREN_PER_PAGE}) {{ {PAGE_INFO} nodes {{ {inner} }} }}"
    asked = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {fields} }} }} }}"
    lines: list[Line] = []
    for first in range(0, len(ids), DETAILS_PER_CALL):
        for node in admin.ask(asked, ids=ids[first : first + DETAILS_PER_CALL])["nodes"]:
            if node:
                owner = owners[node["id"]]
                lines += flatten(admin, node, kind, owner, root.detail_connections, root.detail_tables)
    if lines:
        yield page_of(lines)


def flatten(
    admin: Admin,
    node: dict[str, Any],
    kind: str,
    parent: str | None,
    connections: tuple[Connection, ...],
    tables: tuple[Table, ...],
) -> list[Line]:
    """An object's own line, then those of the children in its connections, the ones beyond the first page too."""
    gid, children = node["id"], []
    for one in connections:
        found = node.pop(one.field)
        below = found["nodes"]
        if found["pageInfo"]["hasNextPage"]:
            below += more_of(admin, gid, kind, one, found["pageInfo"]["endCursor"], selection(tables, one.kind))
        below.sort(key=lambda child: (len(child["id"]), child["id"]))
        for place, child in enumerate(below, start=1):
            if parent:
                child[GRANDPARENT] = parent
            children.append((child["id"], gid, place, one.kind, orjson.dumps(child).decode()))
    return [(gid, parent, 1, kind, orjson.dumps(node).decode()), *children]


def more_of(admin: Admin, gid: str, kind: str, one: Connection, after: str, fields: str) -> list[dict[str, Any]]:
    """The children behind a cursor."""
    asked = (
        f"query($id: ID!, $after: String) {{ node(id: $id) {{ ... on {kind} {{ "
        f"{one.field}(first: 250, after: $after) {{ {PAGE_INFO} nodes {{ {fields} }} }} }} }} }}"
    )
    more: list[dict[str, Any]] = []
    has_next = True
    while has_next:
        found = admin.ask(asked, id=gid, after=after)["node"][one.field]
        more += found["nodes"]
        has_next, after = found["pageInfo"]["hasNextPage"], found["pageInfo"]["endCursor"]
    return more


def _search(root: Root | None, since: datetime, until: datetime | None) -> str:
    """Shopify's search text for a span of updates, rather too wide: the position drops what lies outside.

    Customers match by whole days only, so a day is added at either end; times are given in whole seconds.
    """
    margin = DAY if root and root.finds_by == "day" else timedelta(0)
    terms = [f"updated_at:>='{(since - margin):%Y-%m-%dT%H:%M:%SZ}'"]
    if until:
        terms.append(f"updated_at:<'{(until + margin + timedelta(seconds=1)):%Y-%m-%dT%H:%M:%SZ}'")
    return " AND ".join(terms)


def _child_fields(root: Root, connection: Connection) -> str:
    return selection(root.tables, connection.kind)


def selection(tables: tuple[Table, ...], kind: str) -> str:
    """The GraphQL fields that the tables need of one kind of object."""
    tree: dict[str, Any] = {"id": None}
    for table in tables:
        if table.kind != kind:
            continue
        top = tree
        for part in filter(None, table.each.split(".")):
            top = top.setdefault(part, {})
        for column in table.columns:
            place = top
            *parents, leaf = [column.ask] if column.ask else column.path.split(".")
            for parent in parents:
                place = place.setdefault(parent, {})
            if leaf and leaf != GRANDPARENT:
                place[leaf] = None
    return _written(tree)


def _written(tree: dict[str, Any]) -> str:
    """A connection (it has ``nodes``) inside an object is asked for at once."""
    return " ".join(
        name
        if inner is None
        else f"{name}{f'(first: {INSIDE_AN_OBJECT})' if 'nodes' in inner else ''} {{ {_written(inner)} }}"
        for name, inner in tree.items()
    )


def _sql_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
