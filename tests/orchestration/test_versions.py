"""Versions of vendors' APIs: judged by the day and by the version that the settings really ask for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.versions import evaluate
from selvage import ApiVersion
from warehouse.dbt import one_line

TODAY = date(2027, 5, 1)


@pytest.mark.parametrize(
    ("sunset", "passes", "words"),
    [
        (date(2027, 7, 31), True, "is served for 91 days more"),
        (date(2027, 7, 30), False, "ends on 30 July 2027, 90 days from now"),
        (date(2027, 5, 2), False, "2 May 2027, 1 day from now"),
        (TODAY, False, "ended on 1 May 2027"),
        (None, True, "no end was told"),
    ],
)
def test_the_warning_comes_90_days_ahead(home: Path, sunset: date | None, passes: bool, words: str) -> None:
    found = evaluate("shop", ApiVersion("v7", sunset), TODAY)
    assert (found.passed, words in found.description) == (passes, True), found.description
    assert one_line(found.description) == found.description, "whole and unmasked where it is shown"
    assert ("SHOP_API_VERSION" in found.description) is not passes, "it says what to do"


def test_a_version_set_by_hand_is_not_taken_for_ours(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ApiVersion("2027-01", date(2028, 1, 1), "revision")
    monkeypatch.setenv("SHOP_REVISION", "2025-01")
    found = evaluate("shop", ours, TODAY)
    assert not found.passed
    assert "SHOP_REVISION is set to another version" in found.description
    monkeypatch.setenv("SHOP_REVISION", "2027-01")
    assert evaluate("shop", ours, TODAY).passed
