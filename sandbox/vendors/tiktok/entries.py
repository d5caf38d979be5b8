"""What audiences hold: hashes by key. A change is kept at once and shows in counts after an hour, in sandbox time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sandbox.context import Context
from sandbox.vendors.tiktok.people import People

READY_SECONDS = 3_600.0
TABLE = """create table if not exists tiktok_entries (
    audience_id integer not null, key text not null, hash text not null, primary key (audience_id, key, hash))
    without rowid"""

Cell = tuple[str, str]
"""Key type (EMAIL_SHA256) and hash."""


class Entries:
    """The hashes of all audiences. What a stopped server was still at is done in the next one."""

    def __init__(self, context: Context, people: People) -> None:
        self._context, self._people = context, people
        context.state.execute(TABLE)
        # By audience: the sandbox second at which the last change shows, and the size shown until then.
        self._unseen: dict[int, tuple[float, int]] = {}

    @contextmanager
    def changing(self, audience: int) -> Iterator[None]:
        """A change of one audience: until it is ready, the size of before is shown."""
        shown = self.cover(audience)
        yield
        self._unseen[audience] = (self._context.clock.seconds() + READY_SECONDS, shown)

    def put(self, audience: int, cells: Iterable[Cell]) -> None:
        self._context.state.execute_many(
            "insert or ignore into tiktok_entries values (?, ?, ?)", ((audience, *cell) for cell in cells)
        )

    def take(self, audience: int, cells: Iterable[Cell]) -> None:
        self._context.state.execute_many(
            "delete from tiktok_entries where audience_id = ? and key = ? and hash = ?",
            ((audience, *cell) for cell in cells),
        )

    def clear(self, audience: int) -> None:
        self._context.state.execute("delete from tiktok_entries where audience_id = ?", (audience,))

    def held(self, audience: int) -> list[Cell]:
        rows = self._context.state.rows(
            "select key, hash from tiktok_entries where audience_id = ? order by key, hash", (audience,)
        )
        return [(key, value) for key, value in rows]

    def is_ready(self, audience: int) -> bool:
        return self._context.clock.seconds() >= self._unseen.get(audience, (float("-inf"), 0))[0]

    def matched(self, audience: int) -> int:
        """The people behind all that is held."""
        return self._people.matched(self.held(audience))

    def cover(self, audience: int) -> int:
        """The people whom TikTok says to be in the audience."""
        return self.matched(audience) if self.is_ready(audience) else self._unseen[audience][1]
