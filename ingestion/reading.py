"""What one reading of a vendor tells besides its rows: the vendor's clock, its newest event, and what went wrong.

Sources call ``note_now``, ``note_newest`` and ``note``; whoever runs them collects the answers with ``recorded`` (the
run outside of ``recorded`` still works, nobody listens). A context variable would be lost between dlt's threads, so
the open readings are kept by vendor.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

log = logging.getLogger(__name__)


@dataclass
class Reading:
    """Filled while a source is read; times are UTC without zone, by the vendor's clock."""

    vendor_now: datetime | None = None
    newest_event_at: datetime | None = None
    notes: list[str] = field(default_factory=list)


_open: dict[str, Reading] = {}


@contextmanager
def recorded(vendor: str) -> Iterator[Reading]:
    """Collect what the source of ``vendor`` notes during the block."""
    _open[vendor] = reading = Reading()
    try:
        yield reading
    finally:
        del _open[vendor]


def note_now(vendor: str, now: datetime) -> None:
    if vendor in _open:
        _open[vendor].vendor_now = now


def note_newest(vendor: str, at: datetime | None) -> None:
    """An event that happened ``at``. Times after the vendor's now are no sign of freshness: they are cut to it."""
    reading = _open.get(vendor)
    if reading is None or at is None:
        return
    if reading.vendor_now is not None:
        at = min(at, reading.vendor_now)
    if reading.newest_event_at is None or at > reading.newest_event_at:
        reading.newest_event_at = at


def note(vendor: str, text: str) -> None:
    """Something that the person who runs this should see: a file that could not be read, rows put aside."""
    log.warning("%s: %s", vendor, text)
    if vendor in _open:
        _open[vendor].notes.append(text)
