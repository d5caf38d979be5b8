"""Whom Meta recognises: a hash that equals one of its users' e-mails or phones. Nobody outside is ever told who."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sandbox.context import Context


class People:
    """Meta's users by hashed key."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def _users(self) -> dict[tuple[str, str], int]:
        tables = self._context.tables
        found = tables.arrow(
            "select key, sha256, user_id from read_parquet($path)", {"path": tables.path("meta_users")}
        ).to_pydict()
        return dict(zip(zip(found["key"], found["sha256"], strict=True), found["user_id"], strict=True))

    def matched(self, cells: Iterable[tuple[str, str]]) -> set[int]:
        """The users whom any of these (key, hash) is a key of."""
        return {self._users[cell] for cell in cells if cell in self._users}
