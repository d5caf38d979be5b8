"""The bank's table of exchange rates in the sandbox: the rates at which the brand's shop shows its prices elsewhere.

``/eurofxref-hist.csv``: a row a working day, newest first; a day's rates are there from four in the afternoon on.
The brand keeps its books in dollars; the yen is on no document, and had no rate in the world's first week.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox.brand.basis import START
from sandbox.brand.order_kinds import CURRENCIES, rates_of
from sandbox.context import Context

FIRST, PUBLISHED = START.date() - timedelta(days=60), time(15, tzinfo=UTC)
YEN = 162_350_000


def build(context: Context) -> Starlette:
    def table(_: Request) -> PlainTextResponse:
        now = context.clock.now
        days = [FIRST + timedelta(days=number) for number in range((now.date() - FIRST).days + 1)]
        known = [day for day in days if day.weekday() < 5 and datetime.combine(day, PUBLISHED) <= now]
        names = [name for name in CURRENCIES if name != "EUR"]
        lines = [",".join(["Date", *names, "JPY", ""]), *(_line(day, names) for day in reversed(known))]
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/csv")

    return Starlette(routes=[Route("/eurofxref-hist.csv", table)])


def _line(day: date, names: list[str]) -> str:
    """Units for one euro, with four places as the bank has them."""
    since = np.full(len(CURRENCIES), (day - START.date()).days, dtype=np.int64)
    of_dollar = dict(zip(CURRENCIES, rates_of(np.arange(len(CURRENCIES)), since).tolist(), strict=True))
    shown = [f"{of_dollar[name] / of_dollar['EUR']:.4f}" for name in names]
    yen = "N/A" if day < START.date() + timedelta(days=7) else f"{YEN / 1_000_000:.2f}"
    return ",".join([str(day), *shown, yen, ""])
