"""Customer: one resolved customer, by id. Identifiers appear as pseudonyms only: the marts hold no others."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import charts, customer_details, tables, words
from dashboards.data import Marts


def page(marts: Marts) -> None:
    words.heading(
        marts, "Customer", "One customer as all vendors together know them. No names, e-mails or numbers here."
    )
    if not marts.has_rows("dim_customers"):
        words.explain_absence(marts, "dim_customers", "customers")
        return
    st.session_state.setdefault("customer_id", st.query_params.get("customer_id", ""))
    asked = st.text_input("Customer id", key="customer_id", placeholder="c_...", icon=":material/search:", width=420)
    asked = (asked or "").strip()
    if not asked:
        _suggestions(marts)
        return
    current = marts.row("customer_current_id", customer_id=asked)
    found = marts.row("customer_profile", customer_id=current["customer_id"])
    identifiers = marts.frame("customer_identifiers", customer_id=current["customer_id"])
    if not found and identifiers.empty:
        st.warning(f"There is no customer {asked}. Ids begin with c_ and stay the same from build to build.")
        _suggestions(marts)
        return
    if current["step"]:
        st.info(f"{asked} was merged into {current['customer_id']} on {words.day(current['changed_at'])}.")
    orders = marts.frame("customer_orders", customer_id=current["customer_id"])
    touches = marts.frame("customer_touches", customer_id=current["customer_id"])
    if found:
        _numbers(found)
    else:
        st.info("A device that nobody is known for: it has visits, but no record of a customer.")
    _timeline(orders, touches)
    customer_details.show(marts, found, identifiers, orders, touches, current["customer_id"])


def _suggestions(marts: Marts) -> None:
    st.subheader("Customers with the highest net sales", anchor=False)
    st.caption("Click a row's box to open the customer, or paste an id above.")
    frame = marts.frame("customer_largest")
    columns = {
        "customer_id": "Customer id",
        "order_count": tables.count("Orders"),
        "net_sales_amount": tables.money("Net sales", marts.brand.reporting_currency),
        "last_order_date": tables.day("Last order"),
        "region_code": "Region",
        "country_code": "Country",
    }

    def open_customer(row: pd.Series) -> None:
        st.session_state["customer_id"] = row["customer_id"]

    tables.paged(frame, "largest", columns, rows=10, what="customers", choose=open_customer)


def _numbers(found: dict[str, Any]) -> None:
    currency = found["currency_code"]
    shown = (
        ("Net sales", words.money(found["net_sales_amount"], currency)),
        ("Orders", words.number(found["order_count"])),
        ("First order", words.day(found["first_order_date"])),
        ("Last order", words.day(found["last_order_date"])),
    )
    for column, (title, value) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(title, value, border=True, height="stretch")
    where = ", ".join(filter(None, (found["region_code"], found["country_code"]))) or "unknown region"
    st.caption(
        f"{words.label(found['customer_type'])} · {where} · consent to marketing: e-mail "
        f"{found['email_consent_status']}, SMS {found['sms_consent_status']} · "
        f"{words.counted(found['record_count'], 'record')} of {words.counted(found['source_system_count'], 'vendor')}: "
        + ", ".join(
            words.counted(found[f"{kind}_count"], noun)
            for kind, noun in (
                ("account", "account"),
                ("guest_checkout", "guest check-out"),
                ("profile", "messaging profile"),
                ("visitor", "browser"),
            )
            if found[f"{kind}_count"]
        )
    )


def _timeline(orders: pd.DataFrame, touches: pd.DataFrame) -> None:
    if orders.empty and touches.empty:
        return
    st.subheader("Touchpoints and orders", anchor=False)
    figure = go.Figure()
    if len(touches):
        figure.add_scatter(
            x=touches["touched_at"],
            y=touches["channel"].map(words.label),
            name="Touchpoint",
            mode="markers",
            marker={"color": charts.BLUE, "size": 9, "opacity": 0.6},
            customdata=touches["campaign"].fillna("no campaign"),
            hovertemplate="%{y}, %{customdata}<br>%{x|%-d %b %Y, %H:%M}<extra></extra>",
        )
    if len(orders):
        figure.add_scatter(
            x=orders["ordered_at"],
            y=["Order"] * len(orders),
            name="Order",
            mode="markers",
            marker={"color": charts.RED, "size": 12, "symbol": "diamond"},
            customdata=orders["order_name"],
            hovertemplate="Order %{customdata}<br>%{x|%-d %b %Y, %H:%M}<extra></extra>",
        )
    rows = touches["channel"].nunique() + bool(len(orders))
    figure.update_layout(showlegend=True)
    figure.update_xaxes(tickformat="%-d %b\n%Y")
    charts.show(figure, "timeline", "Day", "Channel", 120 + 34 * rows, alt="Touchpoints and orders over time")
