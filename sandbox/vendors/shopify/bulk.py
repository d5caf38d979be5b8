"""Bulk operations: one query, run in the background, read as one file of JSON lines.

    bulkOperationRunQuery -> CREATED -> RUNNING -> COMPLETED (in sandbox time) -> url -> JSON lines

Each node of a connection is one line; a nested node names its parent in ``__parentId``. With ``groupObjects: false``
(the default since 2026-01) the children of a slice of parents are written before the parents: who relies on order
fails here first. Shopify's rules for such queries are checked: at least one connection, at most five, at most two
deep, none inside a list.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError

from sandbox.clock import Clock, text
from sandbox.vendors.shopify.documents import Documents
from sandbox.vendors.shopify.graphql import Field, compile_query, project
from sandbox.vendors.shopify.roots import ROOTS, choose

AT_ONCE = 5
SLICE = 500
CREATED_SECONDS = 1.0
SECONDS_PER_OBJECT = 0.002
FIRST_ID = 730_000_000_001


@dataclass
class BulkOperation:
    """One operation and how far it is."""

    number: int
    query: str
    created_at: datetime
    began: float
    path: Path
    base_url: str
    objects: int = 0
    roots: int = 0
    cancelled: bool = False
    failed: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def status(self, seconds: float) -> str:
        if self.cancelled:
            return "CANCELED"
        if seconds - self.began < CREATED_SECONDS:
            return "CREATED"
        finished = seconds - self.began >= CREATED_SECONDS + self.objects * SECONDS_PER_OBJECT
        if not (self.done.is_set() and finished):
            return "RUNNING"
        return "FAILED" if self.failed else "COMPLETED"


class Bulk:
    """All bulk operations of this server. They live as long as the server does."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._numbers = itertools.count(FIRST_ID)
        self._lock = threading.Lock()
        self.operations: dict[int, BulkOperation] = {}

    def start(self, documents: Documents, query: str, group: bool, base_url: str) -> BulkOperation | dict[str, Any]:
        """The operation, or the user error that refuses it."""
        try:
            operation = compile_query(query, {})
            if operation.kind != "query":
                raise GraphQLError("Bulk queries can't contain a mutation")
            check(operation.fields)
        except GraphQLError as error:
            return {"field": ["query"], "message": f"Invalid bulk query: {error.message}", "code": "INVALID"}
        with self._lock:
            seconds = self._clock.seconds()
            open_ones = [one for one in self.operations.values() if one.status(seconds) in ("CREATED", "RUNNING")]
            if len(open_ones) >= AT_ONCE:
                message = f"A shop can run {AT_ONCE} bulk query operations at once: wait for one of them to finish."
                return {"field": None, "message": message, "code": "LIMIT_REACHED"}
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = next(self._numbers)
            path = self._folder / f"{number}.jsonl"
            started = BulkOperation(number, query, self._clock.now, seconds, path, base_url)
            self.operations[number] = started
        threading.Thread(target=_run, args=(started, documents, operation.fields, group), daemon=True).start()
        return started

    def find(self, global_id: str) -> dict[str, Any] | None:
        digits = global_id.removeprefix("gid://shopify/BulkOperation/")
        found = self.operations.get(int(digits)) if digits.isdigit() else None
        return self.document(found) if found else None

    def document(self, one: BulkOperation) -> dict[str, Any]:
        status = one.status(self._clock.seconds())
        finished = status in ("COMPLETED", "FAILED", "CANCELED")
        readable = status == "COMPLETED" and one.objects > 0
        return {
            "__typename": "BulkOperation",
            "id": f"gid://shopify/BulkOperation/{one.number}",
            "status": status,
            "type": "QUERY",
            "errorCode": "INTERNAL_SERVER_ERROR" if status == "FAILED" else None,
            "query": one.query,
            "createdAt": text(one.created_at),
            "completedAt": text(self._clock.now) if finished else None,
            "objectCount": str(one.objects if finished or one.done.is_set() else 0),
            "rootObjectCount": str(one.roots if finished or one.done.is_set() else 0),
            "fileSize": str(one.path.stat().st_size) if readable else None,
            "url": f"{one.base_url}/bulk/{one.number}.jsonl" if readable else None,
            "partialDataUrl": None,
        }

    def documents(self) -> list[dict[str, Any]]:
        return [self.document(one) for one in self.operations.values()]

    def file(self, number: str) -> Path | None:
        found = self.operations.get(int(number)) if number.isdigit() else None
        return found.path if found and found.status(self._clock.seconds()) == "COMPLETED" else None


def check(fields: tuple[Field, ...]) -> None:
    """Raises GraphQLError for a query that Shopify refuses to run in bulk."""
    count = 0

    def walk(part: Field, depth: int, in_list: bool) -> None:
        nonlocal count
        if part.is_connection:
            count += 1
            depth += 1
            if in_list:
                raise GraphQLError("Queries that contain a connection field within a list field are not supported")
            if depth > 2:
                raise GraphQLError("Bulk queries cannot contain connections more than 2 levels deep")
        for child in itertools.chain(part.children, *part.by_type.values()):
            walk(child, depth, in_list or (part.is_list and not _is_wrapper(part)))

    for root in fields:
        if root.is_connection and root.name not in ROOTS:
            raise GraphQLError(f"{root.name} can't be read in bulk")
        walk(root, 0, False)
    if not count:
        raise GraphQLError("Bulk queries must contain at least one connection")
    if count > 5:
        raise GraphQLError("Bulk queries cannot contain more than 5 connections")


def _is_wrapper(part: Field) -> bool:
    return part.name in ("edges", "nodes")


def _run(one: BulkOperation, documents: Documents, fields: tuple[Field, ...], group: bool) -> None:
    partial = one.path.with_suffix(".partial")
    try:
        partial.touch(mode=0o600)
        with partial.open("wb") as file:
            for lines in _slices(one, documents, fields, group):
                if one.cancelled:
                    break
                file.writelines(lines)
        partial.replace(one.path)
    except (KeyError, TypeError, ValueError, GraphQLError, OSError):
        one.failed = True
        raise
    finally:
        one.done.set()


def _slices(one: BulkOperation, documents: Documents, fields: tuple[Field, ...], group: bool) -> Iterator[list[bytes]]:
    for root in (part for part in fields if part.is_connection):
        chosen = choose(documents, root.name, root.args)
        positions = chosen.positions[::-1] if root.args.get("reverse") else chosen.positions
        node_fields, node_type = _node_fields(root), root.type_name.removesuffix("Connection")
        for begin in range(0, len(positions), SLICE):
            rows = chosen.rows.rows(positions[begin : begin + SLICE])
            nodes: list[bytes] = []
            children: list[bytes] = []
            for document in ROOTS[root.name].build(documents, rows):
                line, nested = _lines(document, node_fields, node_type, None)
                nodes.append(line)
                (nodes if group else children).extend(nested)
                one.objects += 1 + len(nested)
                one.roots += 1
            yield children + nodes


def _node_fields(connection: Field) -> tuple[Field, ...]:
    for part in connection.children:
        if part.name == "nodes":
            return part.children
        if part.name == "edges":
            for child in part.children:
                if child.name == "node":
                    return child.children
    return ()


def _lines(
    document: dict[str, Any], fields: tuple[Field, ...], kind: str, parent: str | None
) -> tuple[bytes, list[bytes]]:
    """The node's own line, and the lines of the nodes below it."""
    own = project(tuple(part for part in fields if not part.is_connection), document, kind)
    if parent is not None:
        own["__parentId"] = parent
    below: list[bytes] = []
    for part in fields:
        if part.is_connection:
            inner_fields, inner_kind = _node_fields(part), part.type_name.removesuffix("Connection")
            value = document[part.name]
            for child in value(part.args) if callable(value) else value:
                line, nested = _lines(child, inner_fields, inner_kind, document["id"])
                below.extend([line, *nested])
    return orjson.dumps(own, option=orjson.OPT_APPEND_NEWLINE), below
