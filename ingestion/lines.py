r"""Reads a dropped file of lines, whatever is in it: every line keeps its number, and no line stops the others.

Lines are cut in Python and handed on as Arrow, because DuckDB's own readers either stop at a bad line or skip it
without its number. Bytes that are no UTF-8 are shown as ``\\x..`` so that the bad line can be named and kept.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

BLOCK_BYTES = 32 << 20
GZIP = b"\x1f\x8b"
QUARANTINE = pa.schema(
    [
        ("source_file", pa.string()),
        ("row_number", pa.int64()),
        ("field", pa.string()),
        ("reason", pa.string()),
        ("row", pa.string()),
    ]
)
BROKEN = (OSError, EOFError, zlib.error)


class NotWhatItSays(ValueError):
    """The content of a file does not match its name."""


def pages(file: Path, source_file: str) -> Iterator[pa.Table]:
    """Arrow tables {source_file, row_number (from 1), doc}; empty lines are left out but counted.

    Raises NotWhatItSays, or one of ``BROKEN`` when the file ends in the middle.
    """
    with file.open("rb") as raw:
        is_gzip = raw.read(2) == GZIP
    if is_gzip != (file.suffix == ".gz"):
        raise NotWhatItSays("named .gz but not compressed" if file.suffix == ".gz" else "compressed but not named .gz")
    with gzip.open(file, "rb") if is_gzip else file.open("rb") as content:
        first, left = 1, b""
        while block := content.read(BLOCK_BYTES):
            *whole, left = (left + block).split(b"\n")
            yield from _page(source_file, first, whole)
            first += len(whole)
        yield from _page(source_file, first, [left])


def _page(source_file: str, first: int, found: list[bytes]) -> Iterator[pa.Table]:
    numbers = pa.array(range(first, first + len(found)), pa.int64())
    texts = pa.array([line.decode("utf-8", errors="backslashreplace") for line in found], pa.string())
    page = pa.table({"source_file": pa.repeat(source_file, len(found)), "row_number": numbers, "doc": texts})
    page = page.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), ""))
    if page.num_rows:
        yield page


def refused(source_file: str, reason: str) -> pa.Table:
    """The quarantine row of a file that could not be read at all."""
    row = {"source_file": source_file, "row_number": None, "field": None, "reason": reason, "row": None}
    return pa.Table.from_pylist([row], schema=QUARANTINE)
