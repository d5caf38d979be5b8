"""Overview: sales, orders and customers by sales channel over time, with the periods marked that are not complete."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import charts, periods, tables, words
from dashboards.data import Marts
from dashboards.periods import Grain, Span

GRAINS: tuple[Grain, ...] = ("day", "week", "month")


def page(marts: Marts) -> None:
    words.heading(marts, "Overview", "What was sold, and to how many customers.")
    if not marts.has_rows("fct_orders"):
        words.explain_absence(marts, "fct_orders", "orders")
        return
    known = marts.row("overview_span")
    if known["first_date"] is None:
        st.info("No orders yet but test and cancelled ones.")
        return
    last = max(filter(None, (known["last_date"], marts.last_date)))
    pick_period, pick_grain = st.columns([3, 2])
    with pick_period:
        span = periods.chosen(known["first_date"], last, marts.build.as_of, marts.zone)
    with pick_grain:
        usual = periods.grain_for(span.days)
        grain = st.segmented_control(
            "By", GRAINS, default=usual, required=True, format_func=words.label, key=f"grain_{span.days}"
        )
    _numbers(marts, span, known["first_date"], known["currency_code"])
    _over_time(marts, span, grain or usual, known["currency_code"])


def _numbers(marts: Marts, span: Span, first: date, currency: str) -> None:
    now = _totals(marts, span)
    # A span before that the data don't cover whole would make any change look like growth.
    then = _totals(marts, span.before) if span.before.first >= first else {}
    unknown = now["unknown_order_count"]
    average = now["net_sales_amount"] / now["order_count"] if now["order_count"] else None
    shown = (
        ("Net sales", words.money(now["net_sales_amount"], currency), "net_sales_amount"),
        ("Orders", words.number(now["order_count"]), "order_count"),
        ("Average order", words.money(average, currency), None),
        ("Customers", words.number(now["customer_count"]), "customer_count"),
        ("Repeat orders", words.percent(now["repeat_order_count"], now["order_count"] - unknown), None),
    )
    for column, (title, value, key) in zip(st.columns(len(shown)), shown, strict=True):
        change = f"{100 * (float(now[key]) / float(then[key]) - 1):+.0f} %" if key and then.get(key) else None
        about = f"Compared with the {span.days} days before, up to the same hour." if change else None
        column.metric(title, value, change, border=True, height="stretch", help=about)
    told = f"{words.percent(unknown, now['order_count'])} of the orders have no known customer. " if unknown else ""
    st.caption(
        f"{words.day(span.first)} to {words.day(span.last)}, without test and cancelled orders. {told}Net sales are "
        "lines less discounts and refunded lines, without tax and shipping, on the day of the order. An order is a "
        "repeat if its customer is known and had ordered before."
    )


def _totals(marts: Marts, span: Span) -> dict[str, Any]:
    return marts.row("overview_totals", first_date=span.first, last_date=span.last, until_at=span.until)


def _over_time(marts: Marts, span: Span, grain: Grain, currency: str) -> None:
    frame = marts.frame("overview_periods", grain=grain, first_date=span.first, last_date=span.last)
    frame["period_date"] = pd.to_datetime(frame["period_date"]).dt.date
    begins = periods.starts(span, grain)
    partial = [periods.is_partial(begin, grain, span, marts.zone) for begin in begins]
    if any(partial):
        which = " and ".join(periods.named(b, grain) for b, p in zip(begins, partial, strict=True) if p)
        of = {"day": "", "week": "the week from ", "month": ""}[grain]
        st.caption(
            f"Hatched bars and open dots are incomplete periods ({of}{which}): the figures begin on "
            f"{words.day(span.first)} and end on {words.moment(span.until, marts)}."
        )
    period = {"day": "Day", "week": "Week from Monday", "month": "Month"}[grain]
    charts.show(
        _bars(frame, "net_sales_amount", begins, partial, grain), "net_sales", period, f"Net sales ({currency})",
        alt="Net sales by channel over time",
    )  # fmt: skip
    left, right = st.columns(2)
    with left:
        charts.show(_bars(frame, "order_count", begins, partial, grain), "orders", period, "Orders", 320)
    with right:
        charts.show(_lines(frame, "customer_count", begins, partial, grain), "customers", period, "Customers", 320)
    with st.expander("The same figures as a table"):
        frame["channel"] = frame["channel"].map(words.label)
        columns = {
            "period_date": tables.day(period),
            "channel": "Channel",
            "net_sales_amount": tables.money("Net sales", currency),
            "order_count": tables.count("Orders"),
            "customer_count": tables.count("Customers"),
        }
        tables.paged(frame.sort_values(["period_date", "channel"], ascending=[False, True]), "periods", columns)


def _series(frame: pd.DataFrame, measure: str, begins: list[date]) -> pd.DataFrame:
    """One row per period, one column per channel, the one that sells most first; 0 where nothing was sold."""
    wide = frame.pivot(index="period_date", columns="channel", values=measure).reindex(begins).fillna(0)
    return wide[frame.groupby("channel")["net_sales_amount"].sum().sort_values(ascending=False).index]


def _bars(frame: pd.DataFrame, measure: str, begins: list[date], partial: list[bool], grain: Grain) -> go.Figure:
    figure, wide = go.Figure(), _series(frame, measure, begins)
    colours = charts.colours(wide.columns, charts.SALES_CHANNELS)
    names = [periods.named(begin, grain) for begin in begins]
    hatch = {"shape": ["/" if part else "" for part in partial], "fillmode": "replace", "size": 6}
    for channel in wide:
        marker = {"color": colours[channel], "pattern": hatch}
        named = {"name": words.label(channel), "legendgroup": channel}
        figure.add_bar(x=names, y=wide[channel], marker=marker, showlegend=False, **named)
        # The legend would be hatched like the first bar; a bar of nothing stands in it instead.
        figure.add_bar(x=[None], y=[None], marker={"color": colours[channel]}, **named)
    figure.update_layout(barmode="relative", showlegend=True, hovermode="x unified")
    return _by_period(figure, begins, grain)


def _lines(frame: pd.DataFrame, measure: str, begins: list[date], partial: list[bool], grain: Grain) -> go.Figure:
    figure, wide = go.Figure(), _series(frame, measure, begins)
    colours = charts.colours(wide.columns, charts.SALES_CHANNELS)
    dots = ["circle-open" if part else "circle" for part in partial]
    names = [periods.named(begin, grain) for begin in begins]
    for channel in wide:
        figure.add_scatter(
            x=names,
            y=wide[channel],
            name=words.label(channel),
            mode="lines+markers",
            line={"color": colours[channel], "width": 2},
            marker={"symbol": dots, "size": 8},
        )
    figure.update_layout(showlegend=True, hovermode="x unified")
    figure.update_yaxes(rangemode="tozero")
    return _by_period(figure, begins, grain)


def _by_period(figure: go.Figure, begins: list[date], grain: Grain) -> go.Figure:
    """Each period is a place on the axis, named by its first day; of many, every so many are labelled."""
    labelled = begins[:: -(-len(begins) // 9)]
    texts, year = [], None
    for begin in labelled:
        text = f"{begin:%b}" if grain == "month" else f"{begin.day} {begin:%b}"
        texts.append(text if begin.year == year else f"{text}<br>{begin.year}")
        year = begin.year
    names = [periods.named(begin, grain) for begin in labelled]
    figure.update_xaxes(type="category", tickmode="array", tickvals=names, ticktext=texts, tickangle=0, showgrid=False)
    return figure
