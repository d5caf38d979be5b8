"""Data quality: ours beside what the vendors' documents state, documents and stock that are wrong in themselves, and
SKUs that match nothing.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import charts, tables, words
from dashboards.data import Marts

MEASURES = {
    "subtotal": "Lines after discounts",
    "total": "Totals as ordered",
    "current_total": "Totals less refunds",
    "net_payment": "Received less paid back",
    "refunds": "Refunds by refund date",
}


def page(marts: Marts) -> None:
    words.heading(marts, "Data quality", "Our figures beside the vendors' own documents, and what is wrong with those.")
    if not marts.has_rows("fct_order_reconciliation"):
        words.explain_absence(marts, "fct_order_reconciliation", "comparison")
        return
    totals = marts.frame("data_quality_reconciliation")
    issues = marts.frame("data_quality_issues")
    skus = marts.frame("data_quality_skus")
    _numbers(totals, issues, skus)
    for frame, name in ((issues, "issue_type"), (skus, "match_status"), (skus, "source_system")):
        frame[name] = frame[name].map(words.label)
    totals["measure"] = totals["measure"].map(lambda name: MEASURES.get(name, words.label(name)))
    st.subheader("Ours and the vendors' documents", anchor=False)
    st.caption(
        "In the currency of the documents, over all days. Flagged is what documents leave over that do not add up "
        "themselves; what is unexplained would be an error of ours."
    )
    tables.paged(totals, "reconciliation", TOTAL_COLUMNS, what="comparisons")
    _gaps(marts)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Faults by reason", anchor=False)
        if issues.empty:
            st.success("Nothing is flagged.")
        else:
            tables.paged(issues, "issues", ISSUE_COLUMNS, what="reasons")
    with right:
        st.subheader("SKUs between channels", anchor=False)
        tables.paged(skus, "skus", SKU_COLUMNS, rows=10, what="groups")


def _numbers(totals: pd.DataFrame, issues: pd.DataFrame, skus: pd.DataFrame) -> None:
    unmatched = skus.loc[skus["match_status"] != "matched", "variant_count"].sum()
    shown = (
        (
            "Unexplained",
            words.number(totals["unexplained_amount"].sum(), 2),
            "Absolute differences of all days, in documents' currencies",
        ),
        ("Days compared", words.number(totals["day_count"].max()), None),
        ("Documents at fault", _faults(issues, "orders"), "Kept in the facts with what they say"),
        ("Stock at fault", _faults(issues, "inventory"), "Readings below zero or that do not add up; unknown levels"),
        ("Unmatched variants", words.number(unmatched), "No other channel, or several variants, have their SKU"),
    )
    for column, (title, value, about) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(title, value, border=True, height="stretch", help=about)


def _faults(issues: pd.DataFrame, subject: str) -> str:
    return words.number(issues.loc[issues["issue_subject"] == subject, "document_count"].sum())


def _gaps(marts: Marts) -> None:
    st.subheader("Why another report may differ", anchor=False)
    gaps = marts.frame("data_quality_gaps")
    figure = go.Figure()
    for measure, colour, name in (
        ("total", charts.BLUE, "Dated by creation, not by order"),
        ("refunds", charts.ORANGE, "Refunds dated by order, not by refund"),
    ):
        of_it = gaps[gaps["measure"] == measure]
        figure.add_bar(x=of_it["document_date"], y=of_it["dating_gap_amount"], name=name, marker={"color": colour})
    figure.update_layout(showlegend=True, barmode="relative")
    charts.show(figure, "gaps", "Day", "More in the other report", 300, alt="What a report by another date shows more")
    st.caption("A report that dates otherwise moves money between days; over all days it is nothing.")


TOTAL_COLUMNS = {
    "source_system": "Vendor",
    "measure": "What",
    "order_currency_code": "Currency",
    "mart_amount": tables.figure("Ours", 2),
    "document_amount": tables.figure("Documents", 2),
    "difference_amount": tables.figure("Difference", 2, "Absolute differences of all days and channels"),
    "flagged_amount": tables.figure("Flagged", 2),
    "unexplained_amount": tables.figure("Unexplained", 2),
    "day_count": tables.count("Days"),
}
ISSUE_COLUMNS = {
    "issue_type": "Reason",
    "source_system": "Vendor",
    "document_count": tables.count("Documents"),
    "issue_amount": tables.figure("At stake", 2, "In documents' currencies"),
    "issue_quantity": tables.count("Units"),
    "first_date": st.column_config.DateColumn("First"),
    "last_date": st.column_config.DateColumn("Last"),
}
SKU_COLUMNS = {
    "match_status": "State",
    "source_system": "Vendor",
    "variant_count": tables.count("Variants"),
    "example_sku": "For example",
}
