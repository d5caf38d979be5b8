"""Sync health: what was sent to which tool and what became of it, by audience."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import charts, tables, words
from dashboards.data import Marts

SHOWN_RUNS = 60


def page(marts: Marts) -> None:
    words.heading(marts, "Sync health", "What the tools were told about each audience, and what they took.")
    if not marts.has_rows("fct_sync_runs", "fct_sync_records"):
        absent = next(mart for mart in ("fct_sync_runs", "fct_sync_records") if not marts.has_rows(mart))
        words.explain_absence(marts, absent, "syncs", "The first sync brings it.")
        return
    totals = marts.frame("sync_health_totals")
    runs = marts.frame("sync_health_runs")
    for name in ("audience", "destination"):
        totals[name], runs[name] = totals[name].map(words.label), runs[name].map(words.label)
    _numbers(totals, runs)
    st.subheader("By audience and tool", anchor=False)
    tables.paged(totals, "totals", TOTAL_COLUMNS, what="audiences and tools")
    _over_time(runs)
    _rejections(marts)
    with st.expander("Every run"):
        tables.paged(runs, "runs", RUN_COLUMNS, what="runs")


def _numbers(totals: pd.DataFrame, runs: pd.DataFrame) -> None:
    # Each audience and tool has runs of its own: the last run of everything is the last one of each.
    newest = runs.drop_duplicates(["audience", "destination"])
    last = newest["last_recorded_at"].max()
    shown = (
        ("Members now", words.number(totals["member_count"].sum())),
        ("Last run", f"{last.day} {last:%b, %H:%M}"),
        ("Added then", words.number(newest["add_count"].sum())),
        ("Removed then", words.number(newest["removal_count"].sum())),
        ("Rejected then", words.number(newest["rejected_count"].sum())),
    )
    for column, (title, value) in zip(st.columns(5), shown, strict=True):
        column.metric(title, value, border=True, height="stretch")
    st.caption(
        "A customer in two tools counts in both. Members are those that a tool took and was not told to remove since. "
        "Added, updated and removed are what was sent, and what was rejected is among them."
    )


def _over_time(runs: pd.DataFrame) -> None:
    st.subheader("Runs", anchor=False)
    names = sorted({*zip(runs["audience"], runs["destination"], strict=True)})
    chosen = names[0]
    if len(names) > 1:
        chosen = st.selectbox("Audience and tool", names, format_func=" in ".join, key="audience", width=420)
    of_it = runs[(runs["audience"] == chosen[0]) & (runs["destination"] == chosen[1])].head(SHOWN_RUNS).iloc[::-1]
    # Runs are as many as they are, not evenly spread over days: each is a place on the axis, named by its time.
    times = [f"{words.day(at)}<br>{at:%H:%M:%S}" for at in of_it["last_recorded_at"]]
    figure = go.Figure()
    for name, measure, colour, sign in (
        ("Added", "add_count", charts.BLUE, 1),
        ("Updated", "update_count", charts.SKY, 1),
        ("Removed (below the line)", "removal_count", charts.ORANGE, -1),
    ):
        figure.add_bar(
            x=times, y=sign * of_it[measure], name=name, marker={"color": colour}, customdata=of_it[measure],
            hovertemplate=f"{name}: %{{customdata:,}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=times, y=of_it["rejected_count"].where(of_it["rejected_count"] > 0), name="Rejected", mode="markers",
        marker={"color": charts.RED, "symbol": "x", "size": 9}, hovertemplate="Rejected: %{y:,}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(barmode="relative", showlegend=True, hovermode="x unified")
    figure.update_traces(width=min(0.7, 0.08 * len(of_it)), selector={"type": "bar"})
    figure.update_xaxes(type="category")
    charts.show(figure, "runs_chart", "Run", "Customers", 340, alt="Changes sent by run")


def _rejections(marts: Marts) -> None:
    st.subheader("Rejections", anchor=False)
    frame = marts.frame("sync_health_rejections")
    if frame.empty:
        st.success("No tool has rejected anything so far.", icon=":material/check_circle:")
        return
    for name in ("audience", "destination", "action", "reason"):
        frame[name] = frame[name].map(words.label)
    tables.paged(frame, "rejections", REJECTION_COLUMNS, what="reasons")


COUNTS = {
    "add_count": tables.count("Added"),
    "update_count": tables.count("Updated"),
    "removal_count": tables.count("Removed"),
    "unverified_count": tables.count("Unverified", "Accepted by a tool that tells counts only"),
    "rejected_count": tables.count("Rejected"),
}
TOTAL_COLUMNS = {
    "audience": "Audience",
    "destination": "Tool",
    "member_count": tables.count("Members now"),
    "last_run_at": tables.moment("Last run"),
    "run_count": tables.count("Runs"),
    **COUNTS,
}
RUN_COLUMNS = {
    "last_recorded_at": tables.moment("Run"),
    "audience": "Audience",
    "destination": "Tool",
    "batch_count": tables.count("Batches"),
    **COUNTS,
}
REJECTION_COLUMNS = {
    "audience": "Audience",
    "destination": "Tool",
    "action": "Action",
    "reason": "Reason",
    "rejected_count": tables.count("Rejected"),
    "last_recorded_at": tables.moment("Last time"),
}
