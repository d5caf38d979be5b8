"""Stock: what runs out first. Days of cover are what is available, at the pace of the last 28 complete days."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import charts, tables, words
from dashboards.data import Marts
from dashboards.stock_cover import BANDS, cover_by_sku, promised_by_sku

EVERYWHERE = "All locations"
COLOURS = dict(zip(BANDS, (charts.RED, charts.ORANGE, charts.SKY, charts.BLUE, charts.GREEN, charts.GREY), strict=True))


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
    location = None if chosen == EVERYWHERE else chosen
    cover = cover_by_sku(marts, location)
    _numbers(cover)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("How long it lasts", anchor=False)
        if cover["sold_per_day"].isna().all():
            st.info("Sales by location aren't known without stock movements (fct_inventory_movements).")
        else:
            _bands(cover)
    with right:
        st.subheader("By location", anchor=False)
        tables.paged(locations, "locations", LOCATION_COLUMNS, rows=8, what="locations")
    st.subheader("Lowest cover first", anchor=False)
    promised = promised_by_sku(marts, location)
    titles = {channel: tables.count(f"To promise: {channel}", PROMISED) for channel in promised.columns}
    tables.paged(cover.join(promised, on="sku"), "cover", {**COVER_COLUMNS, **titles}, what="SKUs")


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
            bands.get("Under 7 days", 0) if cover["sold_per_day"].notna().any() else None,
            "SKUs that last less than a week at the pace of the last 28 days",
        ),
    )
    for column, (title, value, about) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(title, words.number(value), border=True, height="stretch", help=about)


def _bands(cover: pd.DataFrame) -> None:
    counts = cover["band"].value_counts()
    values = [int(counts.get(name, 0)) for name in BANDS]
    figure = go.Figure(
        go.Bar(
            x=[name.replace(" days", "<br>days") for name in BANDS],
            y=values,
            text=[f"{value:,}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [COLOURS[name] for name in BANDS]},
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(showgrid=False)
    charts.show(figure, "bands", "Days of cover", "SKUs", 300, alt="SKUs by days of cover")


PROMISED = "Units that this sales channel may promise now, by its share of what is available"
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
