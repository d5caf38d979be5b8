"""A span of time to read again, and the memory of a backfill that was stopped.

A backfill is cut into chunks of whole days. Each chunk that has been loaded is written down in
``work/backfill/<vendor>_<start>_<end>.json``, so a backfill started again with the same ends goes on where it stopped.
When all chunks are done the file is removed: asking once more reads once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

CHUNK = timedelta(days=7)


@dataclass(frozen=True)
class Window:
    """From ``start`` to before ``end``, UTC without a zone."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            if value.tzinfo is not None:
                object.__setattr__(self, name, value.astimezone(UTC).replace(tzinfo=None))
        if self.start >= self.end:
            raise ValueError(f"A window must end after it starts: {self.start.isoformat()} to {self.end.isoformat()}")

    def chunks(self, length: timedelta = CHUNK) -> Iterator[Window]:
        start = self.start
        while start < self.end:
            end = min(start + length, self.end)
            yield Window(start, end)
            start = end


class Progress:
    """Which chunks of one backfill are loaded already."""

    def __init__(self, folder: Path, vendor: str, window: Window) -> None:
        name = f"{vendor}_{window.start:%Y%m%dT%H%M%S}_{window.end:%Y%m%dT%H%M%S}.json"
        self._file = folder / "backfill" / name
        self._window = window
        self._done: set[str] = set(json.loads(self._file.read_text())) if self._file.exists() else set()

    def left(self) -> list[Window]:
        return [chunk for chunk in self._window.chunks() if chunk.start.isoformat() not in self._done]

    def done(self, chunk: Window) -> None:
        self._done.add(chunk.start.isoformat())
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(sorted(self._done)))
        partial.replace(self._file)

    def finished(self) -> None:
        self._file.unlink(missing_ok=True)
