"""What of a list is news that comes in full each time: objects that are not as they were landed.

A fingerprint of each is kept in dlt's state beside the rows, since statuses and levels change without the vendor's time
of change doing so. Vendors forget deleted objects, the warehouse does not: nothing is removed from these tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import dlt
import orjson
import pyarrow as pa

from ingestion.position import utc
from ingestion.tables import Line, Table, page_of
from ingestion.window import Window

LINES_PER_PAGE = 20_000
Row = dict[str, Any]


def changed_objects(
    table: Table, items: Iterable[tuple[str, Row, str | None]], window: Window | None
) -> Iterator[Line]:
    """The objects (id, object, time of its change) that are not as they were landed; with a window, those of then."""
    states = {} if window else dlt.current.source_state().setdefault("objects", {})
    known: dict[str, str] = states.setdefault(table.name, {})
    for key, item, updated in items:
        if window and updated and not window.start <= utc(updated) < window.end:
            continue
        mark = fingerprint(item)
        if known.get(key) != mark:
            known[key] = mark
            yield key, None, 1, table.kind, orjson.dumps(item).decode()


def line_pages(lines: Iterable[Line]) -> Iterator[pa.Table]:
    """The lines, some thousands at once."""
    waiting = list[Line]()
    for line in lines:
        waiting.append(line)
        if len(waiting) == LINES_PER_PAGE:
            yield page_of(waiting)
            waiting = []
    if waiting:
        yield page_of(waiting)


def pages(table: Table, lines: Iterable[Line]) -> Iterator[pa.Table]:
    """The lines as the table's rows."""
    return map(table.reader(), line_pages(lines))


def fingerprint(found: Any) -> str:
    """A mark that two equal documents share."""
    return blake2b(orjson.dumps(found, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
