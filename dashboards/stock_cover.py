"""Days of cover: what is available, at the pace of the last 28 complete days."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from dashboards import words
from dashboards.data import Marts

DAYS = 28
BANDS = ("Sold out", "Under 7 days", "7 to 28 days", "28 to 90 days", "Over 90 days", "No sales")
LIMITS = ((7, "Under 7 days"), (28, "7 to 28 days"), (90, "28 to 90 days"))


def cover_by_sku(marts: Marts, location: str | None) -> pd.DataFrame:
    """One row per SKU of a location, or of all: what runs out first is on top, what did not sell comes last.

    ``sold_per_day`` (units), ``cover_days`` and ``band`` are empty where nobody tells what was sold there.
    """
    frame = marts.frame("stock_levels", location_key=location)
    sold = _sold(marts, location)
    if sold is None:
        frame["sold_per_day"] = float("nan")
    else:
        frame = frame.merge(sold, on="sku", how="left")
        frame["sold_per_day"] = frame["sold_quantity"].fillna(0).clip(lower=0) / DAYS
    selling = frame["sold_per_day"].where(frame["sold_per_day"] > 0)
    frame["cover_days"] = frame["available_quantity"].clip(lower=0) / selling
    unsold = "No sales" if sold is not None else None
    pairs = zip(frame["available_quantity"], frame["cover_days"], strict=True)
    frame["band"] = [_band(available, days, unsold) for available, days in pairs]
    order = {"cover_days": True, "sold_per_day": False, "available_quantity": True, "sku": True}
    return frame.sort_values(list(order), ascending=list(order.values()))


def promised_by_sku(marts: Marts, location: str | None) -> pd.DataFrame:
    """SKU as index, a column of units for each sales channel in words; no column where nothing is promised."""
    if not marts.has_rows("fct_available_to_promise"):
        return pd.DataFrame()
    frame = marts.frame("stock_promised", location_key=location)
    return frame.assign(channel=frame["channel"].map(words.label)).pivot(
        index="sku", columns="channel", values="atp_quantity"
    )


def _sold(marts: Marts, location: str | None) -> pd.DataFrame | None:
    """Units by SKU over the last complete days; None where nobody tells of them."""
    if marts.last_date is None:
        return None
    first, last = marts.last_date - timedelta(days=DAYS), marts.last_date - timedelta(days=1)
    if location is None:
        return marts.frame("stock_sold_everywhere", first_date=first, last_date=last)
    if not marts.has_rows("fct_inventory_movements"):
        return None
    begins, ends = (
        datetime.combine(day, time(), marts.zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
        for day in (first, last + timedelta(days=1))
    )
    return marts.frame("stock_sold_at_location", location_key=location, begins_at=begins, ends_at=ends)


def _band(available: float, cover: float, unsold: str | None) -> str | None:
    if available <= 0:
        return "Sold out"
    if pd.isna(cover):
        return unsold
    return next((name for limit, name in LIMITS if cover < limit), "Over 90 days")
