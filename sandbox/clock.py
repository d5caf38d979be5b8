"""The sandbox's two clocks.

``now`` is the moment up to which the world is revealed. It stands still until somebody advances it, so two reads one
after the other see the same world; it is kept in the state file.
``seconds()`` is sandbox time for limits and asynchronous jobs: it runs on its own, ``speed`` times faster than a
real second. At speed 1 a bucket of 100 points a second refills as the vendor's does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from sandbox.state import State


class Clock:
    """``start`` and ``end`` bound what the world can reveal. Times are aware, in UTC. Raises ValueError outside."""

    def __init__(self, state: State, start: datetime, now: datetime, end: datetime, speed: float = 3600.0) -> None:
        self._state, self.start, self.end, self.speed = state, start, end, speed
        self._listeners: list[Callable[[datetime], None]] = []
        self._began = time.monotonic()
        state.execute("create table if not exists clock (one integer primary key check (one = 1), now text not null)")
        rows = state.rows("select now from clock")
        self.now = datetime.fromisoformat(rows[0][0]) if rows else now

    def seconds(self) -> float:
        """Sandbox seconds since this server started."""
        return (time.monotonic() - self._began) * self.speed

    def real_seconds(self, sandbox_seconds: float) -> float:
        """How long somebody outside waits for so many sandbox seconds."""
        return sandbox_seconds / self.speed

    def listen(self, listener: Callable[[datetime], None]) -> None:
        """Call ``listener`` with the new now after each change."""
        self._listeners.append(listener)

    def advance(self, days: float) -> datetime:
        return self.set(self.now + timedelta(days=days))

    def set(self, now: datetime) -> datetime:
        """Move to ``now``; never back, never beyond what the world holds."""
        now = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
        if not self.now <= now <= self.end:
            raise ValueError(f"the clock stands at {text(self.now)} and can move up to {text(self.end)}")
        self._state.execute("insert or replace into clock values (1, ?)", (now.isoformat(),))
        self.now = now
        for listener in self._listeners:
            listener(now)
        return now

    def http_date(self) -> str:
        return format_datetime(self.now, usegmt=True)


def text(moment: datetime) -> str:
    """A moment as vendors write it: ``2026-06-29T00:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
