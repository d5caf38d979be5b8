"""Ad money: what was spent, what the model chosen credits, and what the platforms claim, beside one another."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import charts, tables, words
from dashboards.data import Marts
from dashboards.periods import Span

SHOWN = 10
MEASURES = (
    ("Spend", "spend_amount", charts.ORANGE),
    ("Credited net sales", "credited_revenue", charts.BLUE),
    ("Claimed by the platform", "claimed_amount", charts.GREY),
)


def section(marts: Marts, span: Span, model: str) -> None:
    """Placed below the credit of all channels; says so where no ad money is published."""
    st.subheader("Ads: spend, credit and claims", anchor=False)
    if not marts.has_rows("fct_ad_performance"):
        words.explain_absence(marts, "fct_ad_performance", "ad spend", "A source of ad money brings it.")
        return
    frame = marts.frame("ad_money", attribution_model=model, first_date=span.first, last_date=span.last)
    if frame.empty:
        st.info("No ad spend, credit or claims in this period.")
        return
    currency = frame["currency_code"].iloc[0]
    platforms, campaigns = frame[frame["is_platform"]].copy(), frame[~frame["is_platform"]].copy()
    for part in (platforms, campaigns):
        part["platform"] = part["platform"].map(words.label)
    st.caption(
        "A claim is what the platform says its ads brought. Several platforms claim the same orders, so claims are not "
        "revenue and don't add up. ROAS is credited net sales per unit of spend, over-claim what is claimed per unit "
        "of credited net sales."
    )
    tables.paged(platforms, "platforms", _columns(currency), what="platforms")
    unread = platforms.loc[platforms["spend_amount"].isna(), "platform"].tolist()
    if unread:
        st.caption(f"Without known spend, as no ad account of theirs tells of any: {', '.join(unread)}.")
    paid = campaigns[campaigns["spend_amount"].notna()].head(SHOWN)
    if len(paid):
        _campaigns(paid, currency)
    with st.expander("Every campaign"):
        tables.paged(campaigns, "campaigns", {"campaign": "Campaign", **_columns(currency)}, what="campaigns")


def _campaigns(paid: pd.DataFrame, currency: str) -> None:
    """The campaigns that cost most, the dearest on top."""
    upwards = paid.iloc[::-1]
    names = [
        f"{campaign} · {platform}" for campaign, platform in zip(upwards["campaign"], upwards["platform"], strict=True)
    ]
    figure = go.Figure()
    for name, measure, colour in reversed(MEASURES):
        figure.add_bar(
            x=upwards[measure], y=names, orientation="h", name=name, marker={"color": colour},
            customdata=[words.money(value, currency) for value in upwards[measure]],
            hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", showlegend=True, legend_traceorder="reversed", hovermode="y unified")
    figure.update_yaxes(showgrid=False)
    charts.show(
        figure, "ad_money", f"Amount ({currency})", "Campaign and platform", 130 + 58 * len(paid),
        alt="Spend, credited net sales and claims of the campaigns that cost most",
    )  # fmt: skip


def _columns(currency: str) -> dict[str, Any]:
    return {
        "platform": "Platform",
        "spend_amount": tables.money("Spend", currency),
        "credited_revenue": tables.money("Credited", currency),
        "roas": tables.figure("ROAS", 2, "Credited net sales / spend"),
        "cac": tables.money("Cost of a new customer", currency),
        "claimed_amount": tables.money("Claimed", currency),
        "claimed_roas": tables.figure("Claimed ROAS", 2, "What the platform claims / spend"),
        "over_claim_factor": tables.figure("Over-claim", 2, "What the platform claims / credited net sales"),
    }
