"""Whom TikTok recognises: six in ten of the people whom the shop knows have an account there. Nobody is told who.

An account is found by the hash of its address (without a "+suffix") or of its number, with the plus or without it:
TikTok's pages name both forms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property

from sandbox.context import Context

SHARE = 0.6


class People:
    """TikTok's users by key and hash."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def _users(self) -> dict[tuple[str, str], str]:
        tables = self._context.tables
        found = tables.arrow(
            "select distinct lower(email) as email, phone from read_parquet($path) "
            "where email is not null order by all",
            {"path": tables.path("shopify_customers")},
        ).to_pylist()
        users: dict[tuple[str, str], str] = {}
        for row in found:
            local, _, domain = row["email"].partition("@")
            email = _sha256(f"{local.partition('+')[0]}@{domain}")
            if int(email[:8], 16) >= SHARE * 16**8:
                continue
            users["EMAIL_SHA256", email] = email
            for phone in {row["phone"], row["phone"].removeprefix("+")} if row["phone"] else ():
                users["PHONE_SHA256", _sha256(phone)] = email
        return users

    def matched(self, cells: Iterable[tuple[str, str]]) -> int:
        """How many users any of these (key, hash) belong to."""
        return len({self._users[cell] for cell in cells if cell in self._users})


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
