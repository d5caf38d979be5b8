"""How charts look: one palette that colour-blind readers can tell apart, one frame, axis titles in words."""

from __future__ import annotations

from collections.abc import Iterable

import plotly.graph_objects as go
import streamlit as st

# Okabe and Ito's palette without its yellow, which no one sees on white.
BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#8A8F98",
)
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, RED)
INK, LINE = "#31333F", "#E6E8EC"
SALES_CHANNELS = {"online": BLUE, "store": ORANGE, "draft_order": GREEN, "app": PINK}


def colours(names: Iterable[str], fixed: dict[str, str] | None = None) -> dict[str, str]:
    """A colour for each name, the same one on every page for those that are fixed."""
    fixed = fixed or {}
    free = [colour for colour in COLOURS if colour not in fixed.values()] or list(COLOURS)
    others = sorted(set(names) - set(fixed))
    return {**fixed, **{name: free[at % len(free)] for at, name in enumerate(others)}}


def show(figure: go.Figure, key: str, x_title: str, y_title: str, height: int = 360, alt: str | None = None) -> None:
    """Paint a figure in the common frame; the legend lies above the plot, where it takes no width."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 36 if figure.layout.showlegend else 8, "b": 8},
        font={"family": "Source Sans, sans-serif", "size": 14, "color": INK},
        plot_bgcolor="white",
        paper_bgcolor="white",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None},
        hoverlabel={"bgcolor": "white", "font": {"color": INK}},
        bargap=0.25,
        separators=".,",
    )
    titles = {"font": {"size": 13}, "standoff": 12}
    figure.update_xaxes(
        title={"text": x_title, **titles}, gridcolor=LINE, zerolinecolor=LINE, linecolor=LINE, automargin=True
    )
    figure.update_yaxes(title={"text": y_title, **titles}, gridcolor=LINE, zerolinecolor=LINE, automargin=True)
    st.plotly_chart(figure, theme=None, key=key, config={"displayModeBar": False, "scrollZoom": False}, alt=alt)
