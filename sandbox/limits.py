"""Rate limits in sandbox time: a bucket that refills (Shopify) and windows that are counted (Klaviyo)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


class Bucket:
    """A leaky bucket: ``size`` points, of which ``rate`` come back each sandbox second."""

    def __init__(self, size: float, rate: float, seconds: Callable[[], float]) -> None:
        self.size, self.rate, self._seconds = size, rate, seconds
        self._left, self._at = size, seconds()
        self._lock = threading.Lock()

    def left(self) -> float:
        with self._lock:
            return self._refill()

    def take(self, points: float) -> bool:
        """Take the points, or nothing when there are too few."""
        with self._lock:
            if self._refill() < points:
                return False
            self._left -= points
            return True

    def give_back(self, points: float) -> None:
        with self._lock:
            self._left = min(self.size, self._refill() + points)

    def _refill(self) -> float:
        now = self._seconds()
        self._left = min(self.size, self._left + (now - self._at) * self.rate)
        self._at = now
        return self._left


@dataclass
class _Window:
    length: float
    limit: int
    began: float = field(default=float("-inf"))
    used: int = 0


class Windows:
    """Several fixed windows over one kind of call, such as 10 in a second and 150 in a minute.

    ``windows`` are pairs (length in sandbox seconds, limit), the second being the steady one that headers show.
    """

    def __init__(self, windows: tuple[tuple[float, int], ...], seconds: Callable[[], float]) -> None:
        self._windows = [_Window(length, limit) for length, limit in windows]
        self._seconds = seconds
        self._lock = threading.Lock()

    def take(self) -> float:
        """Count one call. Returns 0, or the sandbox seconds until there is room again (the call is not counted)."""
        with self._lock:
            now = self._seconds()
            wait = 0.0
            for window in self._windows:
                if now - window.began >= window.length:
                    window.began, window.used = now, 0
                if window.used >= window.limit:
                    wait = max(wait, window.began + window.length - now)
            if wait:
                return wait
            for window in self._windows:
                window.used += 1
            return 0.0

    def steady(self) -> tuple[int, int, float]:
        """The steady window: its limit, what is left of it, and the sandbox seconds until it begins anew."""
        with self._lock:
            window = self._windows[min(1, len(self._windows) - 1)]
            reset = max(0.0, window.began + window.length - self._seconds())
            return window.limit, max(0, window.limit - window.used), reset
