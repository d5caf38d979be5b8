"""Attribution: what each marketing channel is credited with under the model chosen, and ad money beside it."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import ad_money, charts, periods, tables, words
from dashboards.data import Marts
from dashboards.periods import Span

MODELS = {
    "first_touch": "all credit to the first touchpoint",
    "last_touch": "all credit to the last touchpoint before the order",
    "last_non_direct": "all credit to the last touchpoint that was no direct visit",
    "linear": "the same credit to every touchpoint",
    "position_based": "most to the first and the last touchpoint, the rest to those between",
    "time_decay": "a touchpoint a week older gets half the credit",
    "any_click": "every channel that had a touchpoint gets the whole order, so channels don't add up",
    "markov": "by what would be lost if every path ended where it comes to the channel",
    "shapley": "the same credit to every channel that had a touchpoint",
}
UNATTRIBUTED = "unattributed"


def page(marts: Marts) -> None:
    words.heading(marts, "Attribution", "Which marketing channels earned the net sales.")
    if not marts.has_rows("fct_attribution"):
        words.explain_absence(marts, "fct_attribution", "attribution")
        return
    known = marts.row("attribution_span")
    models = marts.frame("attribution_models")["attribution_model"].tolist()
    pick_model, pick_period = st.columns([3, 2])
    with pick_model:
        usual = "linear" if "linear" in models else models[0]
        model = st.segmented_control(
            "Attribution model", models, default=usual, required=True, format_func=words.label, key="attribution_model"
        )
    with pick_period:
        last = max(filter(None, (known["last_date"], marts.last_date)))
        span = periods.chosen(known["first_date"], last, marts.build.as_of, marts.zone)
    model = model or usual
    told = f"{words.label(model)}: {MODELS[model]}. " if model in MODELS else ""
    st.caption(
        f"{told}Orders of {words.day(span.first)} to {words.day(span.last)}; credit of an order adds up to its net "
        "sales after refunds. A model is a rule, not a proof of cause."
    )
    _numbers(marts, span, model, known["currency_code"])
    _channels(marts, span, model, known["currency_code"])
    _sign_ups(marts, span, model)
    ad_money.section(marts, span, model)


def _numbers(marts: Marts, span: Span, model: str, currency: str) -> None:
    total = marts.row(
        "attribution_totals", attribution_model=model, first_date=span.first, last_date=span.last
    )  # fmt: skip
    revenue = total["attributed_revenue"]
    shown = (
        ("Credited net sales", words.money(revenue, currency), None),
        ("Orders", words.number(total["order_count"]), None),
        ("To direct visits", words.percent(total["direct_revenue"], revenue), "Visits without any known origin"),
        ("Unattributed", words.percent(total["unattributed_revenue"], revenue), "Orders without a known touchpoint"),
    )
    for column, (title, value, about) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(title, value, border=True, height="stretch", help=about)


def _channels(marts: Marts, span: Span, model: str, currency: str) -> None:
    frame = marts.frame("attribution_channels", first_date=span.first, last_date=span.last)
    chosen = frame[frame["attribution_model"] == model].copy()
    if chosen.empty:
        st.info("No orders in this period.")
        return
    # The largest on top; what no channel earned below them, in grey, whatever its size.
    chosen["is_earned"] = chosen["channel"] != UNATTRIBUTED
    chosen = chosen.sort_values(["is_earned", "attributed_revenue"])
    total = chosen["attributed_revenue"].sum()
    texts = [
        f"{words.money(value, currency)} · {words.percent(value, total)}" for value in chosen["attributed_revenue"]
    ]
    figure = go.Figure(
        go.Bar(
            x=chosen["attributed_revenue"],
            y=chosen["channel"].map(words.label),
            orientation="h",
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
            marker={"color": [charts.BLUE if earned else charts.GREY for earned in chosen["is_earned"]]},
        )
    )
    figure.update_yaxes(showgrid=False)
    figure.update_xaxes(range=[min(0, chosen["attributed_revenue"].min()), chosen["attributed_revenue"].max() * 1.25])
    st.subheader("Credit by channel", anchor=False)
    charts.show(
        figure, "credit", f"Credited net sales ({currency})", "Marketing channel", max(200, 80 + 36 * len(chosen)),
        alt="Credited net sales by marketing channel",
    )  # fmt: skip
    with st.expander("How the models differ"):
        wide = frame.pivot(index="channel", columns="attribution_model", values="attributed_revenue").fillna(0)
        wide = wide.sort_values(model, ascending=False).reset_index()
        wide["channel"] = wide["channel"].map(words.label)
        titles = {name: tables.money(words.label(name), currency) for name in wide.columns if name != "channel"}
        tables.paged(pd.DataFrame(wide), "models", {"channel": "Marketing channel", **titles}, what="channels")


def _sign_ups(marts: Marts, span: Span, model: str) -> None:
    """What is worth no money of its own: who agreed to marketing for the first time, by any of its channels."""
    frame = marts.frame(
        "attribution_sign_ups", attribution_model=model, first_date=span.first, last_date=span.last
    )  # fmt: skip
    if frame.empty:
        return
    frame["channel"] = frame["channel"].map(words.label)
    with st.expander("Sign-ups by channel"):
        columns = {"channel": "Marketing channel", "sign_up_count": tables.figure("Sign-ups credited")}
        tables.paged(pd.DataFrame(frame), "sign_ups", columns, what="channels")
