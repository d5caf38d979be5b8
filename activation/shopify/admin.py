"""Shopify's Admin GraphQL API for writes: one address, costs instead of calls, and errors inside of a 200.

Every answer says what it cost and what is left of the bucket; when the last request would not fit in again, the next
one waits until it would. ``THROTTLED`` comes with 200 and is waited out likewise. An error's text holds codes and
fields alone: messages quote values.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from activation.client import ATTEMPTS, Client, Throttled
from activation.destination import BatchTooLarge, DestinationError

NEXT_STEPS = {
    401: "SHOPIFY_ACCESS_TOKEN is not valid",
    402: "the shop is frozen",
    403: "the app of SHOPIFY_ACCESS_TOKEN may not do this",
    404: "there is no such shop or version (SHOPIFY_BASE_URL, SHOPIFY_API_VERSION?)",
    423: "the shop is locked",
}
MOST_WAIT_SECONDS = 60.0
Row = TypeVar("Row")


@dataclass
class Admin:
    """The API of one shop."""

    client: Client
    version: str
    sleep: Callable[[float], None] = time.sleep
    _wait: float = field(default=0.0, repr=False)

    def ask(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data of one request. Raises BatchTooLarge for one that is too dear, else DestinationError."""
        content = orjson.dumps({"query": query, "variables": variables})
        for attempt in range(1, ATTEMPTS + 1):
            if self._wait:
                self.sleep(self._wait)
            answer = self.client.call("POST", f"admin/api/{self.version}/graphql.json", body=content).body
            codes = [_code(error) for error in answer.get("errors") or ()]
            self._wait = _wait_of((answer.get("extensions") or {}).get("cost") or {})
            if "THROTTLED" in codes:
                self._wait = max(self._wait, 0.05 * 2**attempt)
                continue
            if codes:
                raise _failure(codes)
            data: Mapping[str, Any] = answer["data"]
            return data
        raise Throttled("POST graphql.json: still throttled; the next run goes on")


def failure_of(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:  # noqa: ARG001
    """An answer that is no 200: nothing of the request was done, or it can be repeated."""
    return DestinationError(f"{what}: {status}: {NEXT_STEPS.get(status, 'try again later')}")


def error_of(error: Mapping[str, Any]) -> str:
    """A user error as ``CODE: field``."""
    name = ".".join(str(one) for one in error.get("field") or () if re.fullmatch(r"[A-Za-z_]+", str(one)))
    return ": ".join(part for part in (_word(error.get("code")) or "refused", name) if part)


def parts(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """The rows, so many at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _failure(codes: list[str]) -> DestinationError:
    text = f"POST graphql.json: {', '.join(sorted(set(codes)))}"
    if "MAX_COST_EXCEEDED" in codes:
        return BatchTooLarge(text)
    step = "the app of SHOPIFY_ACCESS_TOKEN needs the scopes read_customers and write_customers"
    return DestinationError(f"{text}: {step}" if "ACCESS_DENIED" in codes else text)


def _code(error: Mapping[str, Any]) -> str:
    return _word((error.get("extensions") or {}).get("code")) or "error"


def _word(value: Any) -> str:
    return str(value) if re.fullmatch(r"\w{1,60}", str(value or "")) else ""


def _wait_of(cost: Mapping[str, Any]) -> float:
    """Seconds until a request like the last one fits into the bucket."""
    status = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost") or 0) - float(status.get("currentlyAvailable") or 0)
    rate = float(status.get("restoreRate") or 0)
    return min(max(missing / rate, 0.0), MOST_WAIT_SECONDS) if rate else 0.0
