"""Stock: what runs out first. Days of cover are what is available, at the pace of the last 28 complete days."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import charts, tables, words
from dashboards.data import Marts

DAYS = 28
EVERYWHERE = "All locations"
BANDS = (
    ("Sold out", charts.RED),
    ("Under 7 days", charts.ORANGE),
    ("7 to 28 days", charts.SKY),
    ("28 to 90 days", charts.BLUE),
    ("Over 90 days", charts.GREEN),
    ("No sales", charts.GREY),
)


def page(marts: Marts) -> None:
    words.heading(marts, "Stock", "What runs out first, and where.")
    if not marts.has_rows("fct_inventory_levels"):
        words.explain_absence(marts, "fct_inventory_levels", "stock")
        return
    locations = marts.frame("stock_locations")
    names = dict(zip(locations["location_key"], locations["location_name"], strict=True))
    chosen = st.selectbox(
        "Location", [EVERYWHERE, *names], format_func=lambda key: names.get(key, key), key="location", width=420
    )
    cover = _cover(marts, None if chosen == EVERYWHERE else chosen)
    _numbers(cover)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("How long it lasts", anchor=False)
        _bands(cover)
    with right:
        st.subheader("By location", anchor=False)
        tables.paged(locations, "locations", LOCATION_COLUMNS, rows=8, what="locations")
    st.subheader("Lowest cover first", anchor=False)
    tables.paged(cover, "cover", COVER_COLUMNS, what="SKUs")


def _cover(marts: Marts, location: str | None) -> pd.DataFrame:
    """One row per SKU, the one that runs out first on top; what did not sell comes last."""
    frame = marts.frame("stock_levels", location_key=location)
    sold = _sold(marts, location)
    if sold is None:
        st.info(
            "Sales by location aren't known without stock movements (fct_inventory_movements): no days of cover here."
        )
        sold = pd.DataFrame({"sku": [], "sold_quantity": []})
    frame = frame.merge(sold, on="sku", how="left")
    frame["sold_per_day"] = frame["sold_quantity"].fillna(0).clip(lower=0) / DAYS
    selling = frame["sold_per_day"].where(frame["sold_per_day"] > 0)
    frame["cover_days"] = frame["available_quantity"].clip(lower=0) / selling
    frame["band"] = [_band(*pair) for pair in zip(frame["available_quantity"], frame["cover_days"], strict=True)]
    return frame.sort_values(
        ["cover_days", "sold_per_day", "available_quantity", "sku"], ascending=[True, False, True, True]
    )


def _sold(marts: Marts, location: str | None) -> pd.DataFrame | None:
    """Units by SKU over the last complete days; None where nobody tells of them."""
    last = marts.last_date
    if last is None:
        return None
    first, last = last - timedelta(days=DAYS), last - timedelta(days=1)
    if location is None:
        return marts.frame("stock_sold_everywhere", first_date=first, last_date=last)
    if not marts.has_rows("fct_inventory_movements"):
        return None
    begins, ends = (
        datetime.combine(day, time(), marts.zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
        for day in (first, last + timedelta(days=1))
    )
    return marts.frame("stock_sold_at_location", location_key=location, begins_at=begins, ends_at=ends)


def _band(available: float, cover: float) -> str:
    if available <= 0:
        return "Sold out"
    if pd.isna(cover):
        return "No sales"
    limits = ((7, "Under 7 days"), (28, "7 to 28 days"), (90, "28 to 90 days"))
    return next((name for limit, name in limits if cover < limit), "Over 90 days")


def _numbers(cover: pd.DataFrame) -> None:
    bands = cover["band"].value_counts()
    shown: tuple[tuple[str, Any, str | None], ...] = (
        (
            "Units on hand",
            cover["on_hand_quantity"].sum(),
            "Physically there, also what is committed, damaged or kept back",
        ),
        ("Units available", cover["available_quantity"].sum(), "What may be sold now"),
        ("SKUs", len(cover), None),
        ("Sold out", bands.get("Sold out", 0), "SKUs of which nothing is available"),
        (
            "Under 7 days",
            bands.get("Under 7 days", 0),
            "SKUs that last less than a week at the pace of the last 28 days",
        ),
    )
    for column, (title, value, about) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(title, words.number(value), border=True, height="stretch", help=about)


def _bands(cover: pd.DataFrame) -> None:
    counts = cover["band"].value_counts()
    names = [name for name, _ in BANDS]
    values = [int(counts.get(name, 0)) for name in names]
    figure = go.Figure(
        go.Bar(
            x=[name.replace(" days", "<br>days") for name in names],
            y=values,
            text=[f"{value:,}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [colour for _, colour in BANDS]},
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(showgrid=False)
    charts.show(figure, "bands", "Days of cover", "SKUs", 300, alt="SKUs by days of cover")


COVER_COLUMNS = {
    "sku": "SKU",
    "product_title": "Product",
    "variant_title": "Variant",
    "on_hand_quantity": tables.count("On hand"),
    "available_quantity": tables.count("Available"),
    "sold_per_day": tables.figure("Sold a day", 2, "Units, on average over the last 28 complete days"),
    "cover_days": tables.figure("Days of cover", 0, "Available units at that pace; empty where nothing sold"),
    "incoming_quantity": tables.count("Incoming"),
    "band": "State",
}
LOCATION_COLUMNS = {
    "location_name": "Location",
    "on_hand_quantity": tables.count("On hand"),
    "available_quantity": tables.count("Available"),
    "incoming_quantity": tables.count("Incoming"),
    "sold_out_count": tables.count("Sold out"),
}
