"""The tables of one customer: orders, touchpoints, identifiers as pseudonyms, audiences."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import tables, words
from dashboards.data import Marts


def show(
    marts: Marts,
    found: dict[str, Any],
    identifiers: pd.DataFrame,
    orders: pd.DataFrame,
    touches: pd.DataFrame,
    customer_id: str,
) -> None:
    """Tabs of a customer's orders, touchpoints, identifiers and audiences; ``found`` is empty for an unknown device."""
    names = (
        f"Orders ({len(orders)})",
        f"Touchpoints ({len(touches)})",
        f"Identifiers ({len(identifiers)})",
        "Audiences",
    )
    in_orders, in_touches, in_identifiers, in_audiences = st.tabs(names)
    currency = found.get("currency_code", marts.brand.reporting_currency)
    with in_orders:
        st.caption("All of them, also test and cancelled orders, which count in no figure.")
        _table(orders, "customer_orders", _order_columns(currency), "orders")
    with in_touches:
        _table(touches, "customer_touches", TOUCH_COLUMNS, "touchpoints")
    with in_identifiers:
        st.caption(
            "A pseudonym is the start of a keyed hash: the same value has the same pseudonym, and can't be read back."
        )
        _table(identifiers, "customer_identifiers", IDENTIFIER_COLUMNS, "identifiers")
    with in_audiences:
        if not marts.has_rows("fct_sync_records"):
            words.explain_absence(marts, "fct_sync_records", "syncs")
        else:
            audiences = marts.frame("customer_audiences", customer_id=customer_id)
            audiences["membership"] = audiences["is_member"].map({True: "member", False: "not a member"})
            _table(audiences, "customer_audiences", AUDIENCE_COLUMNS, "audiences")


def _table(frame: pd.DataFrame, key: str, columns: dict[str, Any], what: str) -> None:
    if frame.empty:
        st.info(f"No {what}.")
        return
    shown = frame.copy()
    for name in shown.columns.intersection(WORDED):
        shown[name] = shown[name].map(words.label)
    tables.paged(shown, key, columns, rows=10, what=what)


WORDED = (
    "channel",
    "touch_type",
    "identifier_type",
    "order_status",
    "refused_reason",
    "audience",
    "destination",
    "status",
)


def _order_columns(currency: str) -> dict[str, Any]:
    return {
        "ordered_at": tables.moment("Ordered"),
        "order_name": "Order",
        "channel": "Channel",
        "location_name": "Location",
        "order_status": "Status",
        "quantity": tables.count("Units"),
        "net_sales_amount": tables.money("Net sales", currency),
        "total_amount": tables.money("Total paid", currency),
        "refunded_amount": tables.money("Refunded", currency),
    }


TOUCH_COLUMNS = {
    "touched_at": tables.moment("When"),
    "touch_type": "Kind",
    "channel": "Channel",
    "source": "Source",
    "campaign": "Campaign",
    "landing_page_path": "Landing page",
}
IDENTIFIER_COLUMNS = {
    "identifier_type": "Identifier",
    "pseudonym": "Pseudonym",
    "source_systems": "Shown by",
    "record_count": tables.count("Records"),
    "usage": "Use",
    "refused_reason": "Refused because",
    "first_seen_at": tables.moment("First seen"),
    "last_seen_at": tables.moment("Last seen"),
}
AUDIENCE_COLUMNS = {
    "audience": "Audience",
    "destination": "Tool",
    "membership": "Now",
    "status": "Last answer",
    "recorded_at": tables.moment("Since"),
    "rejected_count": tables.count("Rejections"),
}
