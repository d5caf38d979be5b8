"""What a source says about a credential before anything is landed with it.

A source of an API has ``SCOPES`` (what its credential must allow), ``probe(settings)``, which asks the vendor and yields
findings, and ``count(settings, since)``, which tells by table how many rows a landing from a day on would bring.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. ``next_step`` tells what to do about it if it is not as it should be."""

    check: str
    is_ok: bool
    text: str
    next_step: str = ""
