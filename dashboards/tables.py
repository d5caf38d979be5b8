"""Tables: columns named in words, figures with their unit, long ones a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

PAGE = 20


def paged(
    frame: pd.DataFrame,
    key: str,
    columns: Mapping[str, Any],
    rows: int = PAGE,
    what: str = "rows",
    choose: Callable[[pd.Series], None] | None = None,
) -> None:
    """Show the columns named, in that order; more rows than fit are turned over, and the line below says where one is.

    Args:
        frame: all rows, already in order.
        key: a name of its own on the page.
        columns: column of the frame -> how to show it (``st.column_config``, or a title).
        rows: rows on one page.
        what: what the rows are, for the line below.
        choose: called with the row that a reader selects, before the page runs again.
    """
    shown = frame[list(columns)]
    total = len(shown)
    pages = max(1, -(-total // rows))
    table = st.container()
    first, last = 0, total
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = st.pagination(pages, key=f"{key}_page")
            first, last = (page - 1) * rows, min(page * rows, total)
            st.caption(f"{first + 1:,} to {last:,} of {total:,} {what}")
    painted = {"hide_index": True, "column_config": dict(columns), "height": "content", "placeholder": "–", "key": key}
    if choose is None:
        table.dataframe(shown.iloc[first:last], **painted)
        return

    def selected() -> None:
        places = st.session_state[key].selection.rows
        if places:
            choose(frame.iloc[first + places[0]])

    table.dataframe(shown.iloc[first:last], on_select=selected, selection_mode="single-row", **painted)


def money(title: str, currency: str, places: int = 2) -> Any:
    return st.column_config.NumberColumn(f"{title} ({currency})", format="localized" if places == 0 else "%,.2f")


def count(title: str, help_text: str | None = None) -> Any:
    return st.column_config.NumberColumn(title, format="%,d", help=help_text)


def figure(title: str, places: int = 1, help_text: str | None = None) -> Any:
    return st.column_config.NumberColumn(title, format=f"%,.{places}f", help=help_text)


def moment(title: str) -> Any:
    return st.column_config.DatetimeColumn(title, format="D MMM YYYY, HH:mm")


def day(title: str) -> Any:
    return st.column_config.DateColumn(title, format="D MMM YYYY")
