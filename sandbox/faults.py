"""Faults on demand: the next ``count`` requests to a vendor go wrong in a chosen way.

``error_500``, ``hangup`` (the connection closes in the middle of the body) and ``slow`` are done here, around the
vendor. The others look different at each vendor: its own code asks ``take()`` at the place where it would happen.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = (
    "throttle", "error_500", "hangup", "slow", "duplicate_page", "expired_cursor", "transient", "job_failed",
    "terms_not_accepted", "unnamed_rows",
)  # fmt: skip
SLOW_SECONDS = 1.0


class Faults:
    """The faults that are still to happen, by vendor and kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[str, str]] = Counter()

    def order(self, vendor: str, kind: str, count: int = 1) -> None:
        """Raises ValueError for an unknown kind or a negative count."""
        if kind not in KINDS or count < 0:
            raise ValueError(f"a fault needs a kind of {', '.join(KINDS)} and a count that is not negative")
        with self._lock:
            self._waiting[vendor, kind] = count

    def take(self, vendor: str, kind: str) -> bool:
        """True if this fault is due now; it is used up by asking."""
        with self._lock:
            if self._waiting[vendor, kind] <= 0:
                return False
            self._waiting[vendor, kind] -= 1
            return True

    def waiting(self) -> dict[str, dict[str, int]]:
        with self._lock:
            found: dict[str, dict[str, int]] = {}
            for (vendor, kind), count in self._waiting.items():
                if count:
                    found.setdefault(vendor, {})[kind] = count
            return found


def with_faults(app: ASGIApp, vendor: str, faults: Faults) -> ASGIApp:
    """The vendor's app, with the transport faults that are due."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if faults.take(vendor, "slow"):
            await asyncio.sleep(SLOW_SECONDS)
        if faults.take(vendor, "error_500"):
            await PlainTextResponse("Internal Server Error", status_code=500)(scope, receive, send)
            return
        if not faults.take(vendor, "hangup"):
            await app(scope, receive, send)
            return
        finished = False

        async def send_half(message: Message) -> None:
            nonlocal finished
            if finished:
                return
            if message["type"] == "http.response.body":
                # Half of what the headers promised; the server closes a connection whose answer stays unfinished.
                message = {**message, "body": _half(message), "more_body": True}
                finished = True
            await send(message)

        await app(scope, receive, send_half)

    return faulty


def _half(message: dict[str, Any] | Message) -> bytes:
    body: bytes = message.get("body", b"")
    return body[: len(body) // 2]
