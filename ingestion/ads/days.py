"""An ad account's days: they begin and end in its own time zone, whatever the zone of the shop is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Account:
    """One ad account as it was read: ``id`` as its platform writes it; ``now`` is its clock, UTC without zone."""

    id: str
    timezone: str
    now: datetime

    def last_day(self) -> date:
        """The newest day that is over where the account is."""
        return self.now.replace(tzinfo=UTC).astimezone(ZoneInfo(self.timezone)).date() - DAY

    def end_of(self, day: date) -> datetime:
        midnight = datetime.combine(day + DAY, datetime.min.time(), ZoneInfo(self.timezone))
        return midnight.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Days:
    """From ``first`` to ``last``, both included."""

    first: date
    last: date

    def each(self) -> list[date]:
        return [self.first + number * DAY for number in range((self.last - self.first).days + 1)]

    def parts(self, length: timedelta) -> Iterator[Days]:
        first = self.first
        while first <= self.last:
            yield Days(first, min(first + length - DAY, self.last))
            first += length

    def halves(self) -> Iterator[Days]:
        return self.parts((self.last - self.first + 2 * DAY) // (2 * DAY) * DAY)
