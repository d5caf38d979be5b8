"""Freshness: a source whose newest event is too old stops the run before anything is built, published or sent.

What counts is the newest event by the vendor's own clock and the last read that succeeded by ours: a source that is
read well but brings nothing new is as stale as one that is not read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

import selvage


def freshness_check(vendor: str, keys: Sequence[dg.AssetKey], limit: timedelta) -> dg.AssetChecksDefinition:
    """One blocking check for a source, shown on the first of its tables (its tables are read together)."""

    @dg.asset_check(
        asset=keys[0],
        name=f"{vendor}_is_fresh",
        description=f"The newest event and the last successful read of {vendor} are at most {_hours(limit)} old.",
        blocking=True,
    )
    def is_fresh() -> dg.AssetCheckResult:
        return evaluate(vendor, limit, datetime.now(UTC).replace(tzinfo=None))

    return is_fresh


def evaluate(vendor: str, limit: timedelta, now: datetime) -> dg.AssetCheckResult:
    """Judge ``work/reads/<vendor>.json``; times are UTC without a zone."""
    file = selvage.settings().work / "reads" / f"{vendor}.json"
    if not file.exists():
        return _result(False, f"{vendor} has never been read to its end.", {})
    read: dict[str, Any] = json.loads(file.read_text())
    read_at, vendor_now, newest = (_time(read.get(name)) for name in ("read_at", "vendor_now", "newest_event_at"))
    shown = {name: value for name, value in read.items() if isinstance(value, str)}
    if read_at is None or now - read_at > limit:
        return _result(False, f"{vendor} was last read more than {_hours(limit)} ago.", shown)
    if newest is None:
        return _result(False, f"{vendor} has not shown a single event yet.", shown)
    age = (vendor_now or read_at) - newest
    if age > limit:
        return _result(
            False, f"The newest event of {vendor} is {_hours(age)} old; at most {_hours(limit)} is well.", shown
        )
    return _result(True, f"The newest event of {vendor} is {_hours(age)} old.", shown)


def _result(passed: bool, description: str, metadata: dict[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=passed, description=description, metadata=metadata)


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} hours"
