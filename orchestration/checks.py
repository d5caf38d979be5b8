"""Freshness: a source whose newest event is too old stops the run before anything is built, published or sent.

What counts is the newest event by the vendor's own clock and the last read that succeeded by ours: a source that is
read well but brings nothing new is as stale as one that is not read. A source without a clock (a folder of files) goes
by that of the vendors beside it, and by ours when there is none.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

import selvage


@dataclass(frozen=True)
class Judgement:
    """Whether a source is fresh, the sentence that says so, and the times it rests on."""

    passed: bool
    description: str
    metadata: dict[str, str]


def freshness_checks(limits: Mapping[str, tuple[dg.AssetKey, timedelta]]) -> list[dg.AssetChecksDefinition]:
    """A blocking check per source, each shown on one of its tables (a source's tables are read together).

    ``limits``: vendor -> that table and how old its newest event may be. They are one step, which starts when every
    source has been read: a source without a clock needs the clocks of the others.
    """
    vendors = {key: vendor for vendor, (key, _) in limits.items()}
    if not limits:
        return []

    @dg.multi_asset_check(
        name="freshness",
        specs=[
            dg.AssetCheckSpec(
                f"{vendor}_is_fresh",
                asset=key,
                description=f"Newest event and last good read of {vendor} are at most {_hours(limit)} old.",
                blocking=True,
            )
            for vendor, (key, limit) in limits.items()
        ],
        can_subset=True,
    )
    def freshness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        now = datetime.now(UTC).replace(tzinfo=None)
        for check in sorted(context.selected_asset_check_keys):
            vendor = vendors[check.asset_key]
            found = evaluate(vendor, limits[vendor][1], now)
            yield dg.AssetCheckResult(
                passed=found.passed,
                asset_key=check.asset_key,
                check_name=check.name,
                description=found.description,
                metadata=found.metadata,
            )

    return [freshness]


def evaluate(vendor: str, limit: timedelta, now: datetime) -> Judgement:
    """Judge ``work/reads/<vendor>.json``; times are UTC without a zone."""
    file = selvage.settings().work / "reads" / f"{vendor}.json"
    if not file.exists():
        return Judgement(False, f"{vendor} has never been read to its end.", {})
    read: dict[str, Any] = json.loads(file.read_text())
    read_at, vendor_now, newest = (_time(read.get(name)) for name in ("read_at", "vendor_now", "newest_event_at"))
    shown = {name: value for name, value in read.items() if isinstance(value, str)}
    if read_at is None or now - read_at > limit:
        return Judgement(False, f"{vendor} was last read more than {_hours(limit)} ago.", shown)
    if newest is None:
        return Judgement(False, f"{vendor} has not shown a single event yet.", shown)
    age = (vendor_now or _clock_beside(vendor) or read_at) - newest
    if age > limit:
        return Judgement(
            False, f"The newest event of {vendor} is {_hours(age)} old; at most {_hours(limit)} is well.", shown
        )
    return Judgement(True, f"The newest event of {vendor} is {_hours(age)} old.", shown)


def _clock_beside(vendor: str) -> datetime | None:
    """The latest clock that another source showed when it was read."""
    clocks = []
    for file in (selvage.settings().work / "reads").glob("*.json"):
        read: dict[str, Any] = json.loads(file.read_text())
        if file.stem != vendor and (clock := _time(read.get("vendor_now"))):
            clocks.append(clock)
    return max(clocks, default=None)


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} hours"
