"""How Meta's Graph API tells of limits and errors, whatever is asked of it: of audiences and of events alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from activation.client import NotFound, Throttled
from activation.destination import BatchRefused, DestinationError

SLOW_PERCENT, FULL_PERCENT = 75.0, 100.0
LONGEST_PACE_SECONDS = 10.0
USAGE_HEADERS = ("X-Business-Use-Case-Usage", "X-App-Usage")
USAGES = ("call_count", "total_cputime", "total_time")
THROTTLED = {4, 17, 32, 613, *range(80000, 80015)}
NO_SUCH_OBJECT, FLAGGED = 33, 1713230
TERMS = "someone must accept the terms of customer lists for META_ACCOUNT_ID, in Ads Manager under Audiences"
NEXT_STEPS = {
    **dict.fromkeys((102, 104, 190), "META_ACCESS_TOKEN is not valid (any more): make a new system-user token, set it"),
    **dict.fromkeys((3, 10, 294, *range(200, 300)), f"META_ACCESS_TOKEN needs ads_management there; else {TERMS}"),
    2663: TERMS,
    2635: "META_API_VERSION is no longer served: set a newer one",
    2650: "the audience was filled with other columns before: delete it at Meta, or rename it, and a new one is made",
}


def pause_of(headers: Mapping[str, str]) -> float:
    """Seconds to stay away: none below three quarters of a limit, then longer and longer; at the limit as Meta says."""
    usages = [usage for name in USAGE_HEADERS for usage in _usages(headers.get(name))]
    used = max((float(usage.get(name) or 0) for usage in usages for name in USAGES), default=0.0)
    if used < SLOW_PERCENT:
        return 0.0
    minutes = max(float(usage.get("estimated_time_to_regain_access") or 0) for usage in usages)
    pace = LONGEST_PACE_SECONDS * (min(used, FULL_PERCENT) - SLOW_PERCENT) / (FULL_PERCENT - SLOW_PERCENT)
    return max(pace, 60 * minutes)


def failure_of(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """An error of the Graph API: its codes and what to do next. Meta's own words may quote what was sent."""
    told = body.get("error")
    error: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    code, subcode = error.get("code"), error.get("error_subcode")
    text = f"{what}: {status} code {code}" + (f", subcode {subcode}" if subcode else "")
    if code in THROTTLED or (error.get("is_transient") and status < 500):
        return Throttled(f"{text}: too many calls for now; the next run goes on")
    if subcode == FLAGGED:
        return DestinationError(f"{text}: Meta flagged the audience (a sensitive topic in its name?); see Ads Manager")
    if code == 100 and subcode == NO_SUCH_OBJECT:
        return NotFound(
            f"{text}: there is no such object, or META_ACCESS_TOKEN may not see it (META_ACCOUNT_ID, META_DATASET_ID?)"
        )
    if code == 100:
        return BatchRefused(text, str(error.get("fbtrace_id") or "") or request_id)
    return DestinationError(f"{text}: {NEXT_STEPS[code]}" if code in NEXT_STEPS else text)


def _usages(header: str | None) -> list[Mapping[str, Any]]:
    """The usages of one header: of the app, or of each kind of call of each ad account."""
    try:
        told = orjson.loads(header or "{}")
    except orjson.JSONDecodeError:
        return []
    if not isinstance(told, Mapping):
        return []
    kinds = [kind for listed in told.values() if isinstance(listed, list) for kind in listed]
    return [kind for kind in [*kinds, told] if isinstance(kind, Mapping)]
