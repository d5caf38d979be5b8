"""Payments and refunds.

The list of payments is of the main location unless another is named, and both lists look back one year by default.
"""

from __future__ import annotations

from typing import Any

from sandbox.vendors.square.gate import Call, micros, not_found
from sandbox.vendors.square.order_parts import card, cash
from sandbox.vendors.square.rows import Positions, Row, Shown, View, among, filled, listing, money, time

PAGE = 100
YEAR_MICROS = 365 * 86_400 * 1_000_000


class Payments:
    """The calls below /payments and /refunds."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def index(self, call: Call) -> Row:
        view, asked = self._payments(), call.asked
        place = asked.get("location_id") or self._main_location()
        found = among(view, view.every(), "location_id", [place])
        if asked.get("is_offline_payment") == "true":
            found = found[view.values("is_offline")[found].astype(bool)]
        found = _between(view, found, "client_created_at", asked, "offline_begin_time", "offline_end_time")
        for name, column in (("last_4", "card_last_4"), ("card_brand", "card_brand")):
            found = among(view, found, column, [asked[name]] if asked.get(name) else None)
        rows, more = self._listed(call, view, found)
        return listing("payments", [payment(row) for row in rows], more)

    def get(self, call: Call) -> Row:
        row = self._payments().row(call.key())
        if row is None:
            raise not_found("Payment", call.key())
        return {"payment": payment(row)}

    def refunds(self, call: Call) -> Row:
        view, asked = self._refunds(), call.asked
        found = view.every()
        for name, column in (("location_id",) * 2, ("status",) * 2, ("source_type", "destination_type")):
            found = among(view, found, column, [asked[name]] if asked.get(name) else None)
        rows, more = self._listed(call, view, found)
        return listing("refunds", [refund_of(row) for row in rows], more)

    def refund(self, call: Call) -> Row:
        row = self._refunds().row(call.key())
        if row is None:
            raise not_found("Refund", call.key())
        return {"refund": refund_of(row)}

    def _payments(self) -> View:
        return self._shown.view("square_payments", "payment_id")

    def _refunds(self) -> View:
        return self._shown.view("square_refunds", "refund_id")

    def _main_location(self) -> str:
        view = self._shown.view("square_locations", "location_id")
        return next(row["location_id"] for row in view.rows(view.every()) if row["is_main"])

    def _listed(self, call: Call, view: View, found: Positions) -> tuple[list[Row], dict[str, str]]:
        asked = call.asked
        since = micros(asked["begin_time"], "begin_time") if asked.get("begin_time") else None
        since = self._shown.now_micros() - YEAR_MICROS if since is None else since
        found = found[view.values("created_at")[found] >= since]
        found = _between(view, found, "created_at", asked, "", "end_time")
        found = _between(view, found, "updated_at", asked, "updated_at_begin_time", "updated_at_end_time")
        by = call.choice(asked.get("sort_field"), ("CREATED_AT", "UPDATED_AT"), "CREATED_AT", "sort_field")
        descends = call.choice(asked.get("sort_order"), ("ASC", "DESC"), "DESC", "sort_order") == "DESC"
        size = call.size(PAGE, PAGE, strict=False)
        return self._shown.page(call, view, found, by.lower(), size, descends)


def _between(view: View, found: Positions, column: str, asked: dict[str, Any], begin: str, end: str) -> Positions:
    """Both ends of the range are included."""
    values = view.values(column)
    if asked.get(begin):
        found = found[values[found] >= micros(asked[begin], begin)]
    if asked.get(end):
        found = found[values[found] <= micros(asked[end], end)]
    return found


def payment(row: Row) -> Row:
    is_card, is_paid = row["source_type"] == "CARD", row["status"] == "COMPLETED"
    key = row["payment_id"]
    fee = {"effective_at": time(row["fee_at"]), "type": "INITIAL", "amount_money": money(row["fee_cents"])}
    offline = {"client_created_at": time(row["client_created_at"])}
    return filled(
        {
            "id": key,
            "created_at": time(row["created_at"]),
            "updated_at": time(row["updated_at"]),
            "amount_money": money(row["amount_cents"]),
            "tip_money": money(row["tip_cents"]) if row["tip_cents"] else None,
            "total_money": money(row["total_cents"]),
            "approved_money": money(row["total_cents"] if is_paid else 0),
            "processing_fee": [fee] if row["fee_cents"] is not None else None,
            "refunded_money": money(row["refunded_cents"]) if row["refunded_cents"] else None,
            "status": row["status"],
            "source_type": row["source_type"],
            "card_details": _card_details(row) if is_card else None,
            "cash_details": None if is_card else cash(row, "buyer_supplied_money"),
            "location_id": row["location_id"],
            "order_id": row["order_id"],
            "customer_id": row["customer_id"],
            "buyer_email_address": row["buyer_email"],
            "receipt_number": row["receipt_number"],
            "receipt_url": f"https://squareup.com/receipt/preview/{key}" if is_paid else None,
            "device_details": {"device_name": f"Till {row['location_id'][-1]}"},
            "is_offline_payment": True if row["is_offline"] else None,
            "offline_payment_details": offline if row["is_offline"] else None,
            "version_token": f"{key[:12]}{row['version']}",
        }
    )


def _card_details(row: Row) -> Row:
    status = {"COMPLETED": "CAPTURED", "CANCELED": "VOIDED", "FAILED": "FAILED"}[row["status"]]
    return {
        "status": status,
        "card": {**card(row), "card_type": "CREDIT", "bin": row["card_bin"]},
        "entry_method": "EMV",
    }


def refund_of(row: Row) -> Row:
    return filled(
        {
            "id": row["refund_id"],
            "status": row["status"],
            "location_id": row["location_id"],
            "unlinked": True if row["is_unlinked"] else None,
            "destination_type": row["destination_type"],
            "amount_money": money(row["amount_cents"]),
            "payment_id": row["payment_id"],
            "order_id": row["order_id"],
            "reason": row["reason"],
            "created_at": time(row["created_at"]),
            "updated_at": time(row["updated_at"]),
        }
    )
