"""What a world is made from: (seed, people, days) and its scenarios, its calendar and its streams of chance.

Times inside the generator are whole seconds since the first day (int64; web events use microseconds), so that every
step is plain integer arithmetic. ``NEVER`` stands for "has not happened within the world". Each part of the world
draws from a stream of its own, named in code: adding a draw to one part does not shift the others.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from sandbox.brand.scenarios import SCENARIOS, changes

START = datetime(2026, 3, 1)  # noqa: DTZ001  times are UTC without zone, here as in the warehouse
START_SECONDS = int((START - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001
REVEAL_DAYS = 30
DAY = 86_400
NEVER = np.int64(1) << np.int64(50)

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Basis:
    """What a world is a function of. Raises ValueError for sizes that make no shop and for unknown scenarios."""

    seed: int
    people: int
    days: int
    scenarios: Mapping[str, float] = field(default_factory=dict)
    """Shares of scenarios where they differ from the defaults."""

    def __post_init__(self) -> None:
        if self.people < 50 or self.days < 20 or self.seed < 0:
            raise ValueError("a world needs seed >= 0, at least 50 people and at least 20 days")
        if self.people > 700_000:
            raise ValueError("a world has at most 700,000 people: the invented phone numbers end there")
        object.__setattr__(self, "scenarios", changes(self.scenarios))

    def share(self, scenario: str) -> float:
        """How much of a scenario this world has."""
        return self.scenarios.get(scenario, SCENARIOS[scenario].share)

    @property
    def name(self) -> str:
        """What tells this world from others of the same generator."""
        changed = ",".join(f"{name}={share!r}" for name, share in self.scenarios.items())
        numbers = f"{self.seed}-{self.people}-{self.days}"
        return f"{numbers}-{zlib.crc32(changed.encode()):08x}" if changed else numbers

    @property
    def span_days(self) -> int:
        """History and the days after it that the clock can still reveal."""
        return self.days + REVEAL_DAYS

    @property
    def end(self) -> int:
        """Seconds from the first day to the end of the world."""
        return self.span_days * DAY

    @property
    def now(self) -> datetime:
        """The moment at which the sandbox's clock stands at first."""
        return START + timedelta(days=self.days)

    def rng(self, stream: str) -> np.random.Generator:
        """A generator of its own for each named stream."""
        return np.random.default_rng([self.seed, self.people, self.days, zlib.crc32(stream.encode())])

    def salt(self, stream: str) -> int:
        """A number that makes the tokens of one stream differ from those of another, and of another world."""
        return int(self.rng("salt " + stream).integers(1 << 62))
