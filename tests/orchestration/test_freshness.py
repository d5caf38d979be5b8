"""Freshness: judged by the newest event and the last good read, and blocking when it is too old."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import selvage
from orchestration.checks import evaluate

NOW = datetime.fromisoformat("2026-07-01T12:00:00")
DAY = timedelta(days=1)


def read(vendor: str = "shop", **times: str | None) -> None:
    folder = selvage.settings().work / "reads"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{vendor}.json").write_text(json.dumps({**times, "rows": {"orders": 1}}))


@pytest.mark.parametrize(
    ("read_at", "vendor_now", "newest", "passes"),
    [
        ("2026-07-01T11:59:00", "2026-05-01T00:00:00", "2026-04-30T10:00:00", True),  # the sandbox's own calendar
        ("2026-07-01T11:59:00", "2026-05-01T00:00:00", "2026-04-29T10:00:00", False),  # the vendor shows nothing new
        ("2026-07-01T11:59:00", None, "2026-07-01T10:00:00", True),  # a source without a clock: ours
        ("2026-06-29T11:59:00", "2026-05-01T00:00:00", "2026-05-01T00:00:00", False),  # not read for two days
        ("2026-07-01T11:59:00", "2026-05-01T00:00:00", None, False),  # read, but never an event
        ("2026-07-01T11:59:00+00:00", "2026-05-01T00:00:00Z", "2026-04-30T23:00:00Z", True),  # with a zone
    ],
)
def test_old_events_and_old_reads_fail(
    home: Path, read_at: str, vendor_now: str | None, newest: str | None, passes: bool
) -> None:
    read(read_at=read_at, vendor_now=vendor_now, newest_event_at=newest)
    assert evaluate("shop", DAY, NOW).passed is passes


def test_a_source_that_was_never_read_fails(home: Path) -> None:
    found = evaluate("shop", DAY, NOW)
    assert not found.passed
    assert "never been read" in str(found.description)


def test_a_source_without_a_clock_goes_by_the_vendors_beside_it(home: Path) -> None:
    read("shop", read_at="2026-07-01T11:59:00", newest_event_at="2026-04-30T23:00:00")
    assert not evaluate("shop", DAY, NOW).passed, "by our own calendar it is two months old"
    read("mail", read_at="2026-07-01T11:59:00", vendor_now="2026-05-01T00:00:00", newest_event_at=None)
    assert evaluate("shop", DAY, NOW).passed
    read("mail", read_at="2026-07-01T11:59:00", vendor_now="2026-05-09T00:00:00", newest_event_at=None)
    assert not evaluate("shop", DAY, NOW).passed
