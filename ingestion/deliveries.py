"""What vendors told by webhooks, kept in the home until it is landed: one small file a delivery.

A delivery is kept as the ids that it names, never as what it says of them: the vendor's API is asked for these objects
(``ingestion.delivered``), so a forged, old or misplaced body can change no figure, and no personal data lies here. Of
a vendor that can't be asked the body itself is kept elsewhere (``ingestion.journal``).
A file is whole and on disk before ``keep`` returns, and bears the delivery's id as its name, so that the same delivery
is kept once. It goes from ``waiting`` to ``done``, whose files are only there to know a replay by, or to ``kept``: what
was redacted must not come back with a later load, and what a person has to answer stays until that person deletes it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import orjson

import selvage

OLDEST = timedelta(hours=80)  # Square tries again for 72 hours, Shopify for four
REMEMBERED = timedelta(days=4)  # longer than a delivery is taken, so that no replay is younger than its memory


class Refused(Exception):
    """A delivery that is not taken; ``status`` is the answer, ``reason`` a word that holds nothing of its content."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class Delivery:
    """A verified delivery. ``changed`` and ``gone``: ids of objects to be read, and of those said to be deleted.

    ``redact``: what to erase, by the vendor's own words. ``asks``: what a person has to do, if anything. ``body``: all
    that it says, of a vendor that can't be asked.
    """

    id: str
    topic: str
    triggered_at: datetime
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    redact: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asks: str = ""
    body: str = ""


class Mailbox:
    """The deliveries of one vendor, below ``work/deliveries``; its files are readable by their owner only."""

    def __init__(self, vendor: str) -> None:
        self._folder = selvage.settings().work / "deliveries" / vendor
        self._places = {place: self._folder / place for place in ("waiting", "done", "kept")}

    def keep(self, delivery: Delivery) -> bool:
        """Put it on disk; False if it is there already. Raises OSError when it can't: then it is not kept."""
        for folder in self._places.values():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(delivery.id.encode()).hexdigest()[:40] + ".json"
        if any((folder / name).exists() for folder in self._places.values()):
            return False
        partial = self._folder / f"{name}.{secrets.token_hex(4)}.partial"
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(orjson.dumps(delivery))
                file.flush()
                os.fsync(file.fileno())
            os.link(partial, self._places["waiting"] / name)
        except FileExistsError:
            return False  # the same delivery came twice at once
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(self._places["waiting"])
        return True

    def waiting(self, most: int | None = None) -> dict[Path, Delivery]:
        """What is not landed yet, by file, the first that came first."""
        return dict(islice(self._read("waiting"), most))

    def redacted(self) -> list[Delivery]:
        return [one for _, one in self._read("kept") if one.redact]

    def settle(self, landed: Mapping[Path, Delivery]) -> None:
        """These are landed and erased: take them out of ``waiting``, and forget what is too old to come again."""
        for file, delivery in landed.items():
            file.replace(self._places["kept" if delivery.redact or delivery.asks else "done"] / file.name)
        before = time.time() - REMEMBERED.total_seconds()
        for file in (*self._places["done"].glob("*.json"), *self._folder.glob("*.partial")):
            with suppress(FileNotFoundError):  # a partial one was whole in the meantime
                if file.stat().st_mtime < before:
                    file.unlink()

    def _read(self, place: str) -> Iterator[tuple[Path, Delivery]]:
        files = []
        for file in self._places[place].glob("*.json"):
            with suppress(FileNotFoundError):
                files.append((file.stat().st_mtime_ns, file))
        for _, file in sorted(files):
            try:
                read = orjson.loads(file.read_bytes())
            except FileNotFoundError:
                continue  # who lands has settled it in the meantime
            times = {"triggered_at": datetime.fromisoformat(read["triggered_at"])}
            ids = {name: tuple(read[name]) for name in ("changed", "gone")}
            yield file, Delivery(**{**read, **times, **ids})


def sync_folder(folder: Path) -> None:
    """Names of files are on disk only when their folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
