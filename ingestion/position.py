"""How far a list of a vendor's objects has been read, kept in dlt's state beside the rows it belongs to.

The next reading starts some ``lag`` before the vendor's clock at the last one, because objects become visible late.
Objects from inside the lag would come again and again, so the state also remembers their keys and versions, and what
has not changed is not landed twice. Everything older is simply read by time. At the end of a complete reading the
position moves to the vendor's clock as it stood at the *start* of that reading, never to the newest time found:
objects dated in the future would otherwise hide everything until then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import dlt

from ingestion.window import Window


def utc(text: str) -> datetime:
    """A vendor's ISO time as UTC without zone; a time without zone is taken as UTC."""
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


class Position:
    """The position of one list during one reading; ``now`` is the vendor's clock when it began.

    With ``is_open`` false the moment ``now`` itself, which is not over yet, is left to the next reading: so what a sync
    has just written at the vendor does not come back as news of the same moment.

    ``since`` is where to start (None: nothing was read yet) and ``until`` where to end (None: open); versions from
    ``keep_from`` on are remembered. With a ``window`` both ends come from it, every object in it counts as new, and
    nothing is remembered.
    """

    def __init__(
        self, name: str, lag: timedelta, now: datetime, window: Window | None = None, *, is_open: bool = True
    ) -> None:
        self.now = now
        self.until = window.end if window else None if is_open else now
        self._window = window
        self.keep_from = now - lag
        self._twice: set[str] = set()
        self._met: dict[str, str] = {}
        if window:
            self.since: datetime | None = window.start
            self._state: dict[str, Any] = {}
            return
        positions = dlt.current.source_state().setdefault("positions", {})
        self._state = positions.setdefault(name, {"read_to": None, "seen": {}})
        read_to = self._state["read_to"]
        self.since = utc(read_to) - lag if read_to else None

    @property
    def is_first(self) -> bool:
        """Nothing was read yet: the whole history is wanted."""
        return self._window is None and self.since is None

    @property
    def goes_on(self) -> bool:
        """This reading follows an earlier one: neither the first, nor a span that is wanted again as it is."""
        return self._window is None and self.since is not None

    def is_new(self, key: str, version: str) -> bool:
        """Whether this version of an object is still to be landed. ``version`` is the time of its last change."""
        at = utc(version)
        if (self.since and at < self.since) or (self.until and at >= self.until):
            return False
        if self._window:
            return True
        told = self._state["seen"].get(key)
        if told and utc(told) > at:
            return False  # a list that shows changes late still has an older version than is landed
        if at < self.keep_from:
            return bool(self._state["seen"].get(key) != version)
        before = self._met.get(key)
        if before is not None and before != version:
            self._twice.add(key)  # it changed while we read: which version wins is open, so it is read again
        self._met[key] = version
        known = before or self._state["seen"].get(key)
        return known != version

    def is_told(self, key: str, version: str) -> bool:
        """Whether a version that was asked for out of turn is still to be landed; ordinary readings then know it.

        The position stays where it is: what else has changed meanwhile is still found by them.
        """
        known = self._state["seen"].get(key)
        if known and utc(known) >= utc(version):
            return False
        self._state["seen"][key] = version
        return True

    def complete(self) -> None:
        """Everything up to ``now`` has been read."""
        if self._window:
            return
        kept = {key: seen for key, seen in self._state["seen"].items() if utc(seen) >= self.keep_from}
        kept.update(self._met)
        self._state["seen"] = {key: seen for key, seen in kept.items() if key not in self._twice}
        self._state["read_to"] = self.now.isoformat()
