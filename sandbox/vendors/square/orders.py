"""Orders: sales, and orders of their own for returns and exchanges."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sandbox.vendors.square.gate import Call, invalid, not_found
from sandbox.vendors.square.order_parts import line_item, refund, return_item, tender
from sandbox.vendors.square.rows import Row, Shown, View, among, filled, listing, money, time, within

DEFAULT_PAGE, MOST = 500, 1000
MOST_LOCATIONS, MOST_IDS = 10, 100
TIMES = ("created_at", "updated_at", "closed_at")
STATES = ("OPEN", "COMPLETED", "CANCELED", "DRAFT")


class Orders:
    """The calls below /orders."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def search(self, call: Call) -> Row:
        locations = call.listed("location_ids")
        if not locations:
            raise invalid("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "location_ids")
        if len(locations) > MOST_LOCATIONS:
            detail = f"The request may contain at most {MOST_LOCATIONS} location IDs."
            raise invalid("ARRAY_LENGTH_TOO_LONG", detail, "location_ids")
        wanted, sort = call.part("query", "filter"), call.part("query", "sort")
        windows = {name: one for name, one in call.part("query", "filter", "date_time_filter").items() if one}
        by = call.choice(sort.get("sort_field"), tuple(one.upper() for one in TIMES), "CREATED_AT", "sort_field")
        if len(windows) > 1 or (windows and next(iter(windows)).upper() != by):
            names = " and ".join(f"`{one}`" for one in windows)
            raise invalid("BAD_REQUEST", f"Filtering on {names} must be sorted by the same field, not `{by}`.", "query")
        descends = call.choice(sort.get("sort_order"), ("ASC", "DESC"), "DESC", "sort_order") == "DESC"
        view = self._view()
        found = among(view, view.every(), "location_id", locations)
        for name, window in windows.items():
            if name not in TIMES:
                raise invalid("BAD_REQUEST", "Unknown date time filter.", f"query.filter.date_time_filter.{name}")
            found = within(view, found, name, window, f"query.filter.date_time_filter.{name}")
        if by == "CLOSED_AT":
            found = found[view.values("closed_at")[found] > 0]
        states = (wanted.get("state_filter") or {}).get("states") or []
        for one in states:
            call.choice(one, STATES, "OPEN", "query.filter.state_filter.states")
        found = among(view, found, "state", states)
        found = among(view, found, "customer_id", (wanted.get("customer_filter") or {}).get("customer_ids"))
        found = among(view, found, "source_name", (wanted.get("source_filter") or {}).get("source_names"))
        rows, more = self._shown.page(call, view, found, by.lower(), call.size(DEFAULT_PAGE, MOST), descends)
        if call.asked.get("return_entries"):
            return listing("order_entries", [_entry(row) for row in rows], more)
        return listing("orders", self._documents(rows), more)

    def get(self, call: Call) -> Row:
        row = self._view().row(call.key())
        if row is None:
            raise not_found("Order", call.key())
        return {"order": self._documents([row])[0]}

    def several(self, call: Call) -> Row:
        keys = call.listed("order_ids") or []
        if not 1 <= len(keys) <= MOST_IDS:
            raise invalid("BAD_REQUEST", f"Between 1 and {MOST_IDS} order IDs are needed.", "order_ids")
        view = self._view()
        at = [view.position[one] for one in dict.fromkeys(keys) if one in view.position]
        rows = [row for row in view.rows(at) if call.asked.get("location_id") in (None, row["location_id"])]
        return listing("orders", self._documents(rows), {})

    def _view(self) -> View:
        return self._shown.view("square_orders", "order_id")

    def _documents(self, rows: list[Row]) -> list[Row]:
        keys = [row["order_id"] for row in rows]
        parts = {
            table: self._shown.view(table, key, order).of("order_id", keys)
            for table, key, order in (
                ("square_order_lines", "line_id", "order_id, position"),
                ("square_return_lines", "return_id", "order_id, position"),
                ("square_payments", "payment_id", None),
                ("square_refunds", "refund_id", None),
            )
        }
        return [_order(row, {table: found[row["order_id"]] for table, found in parts.items()}) for row in rows]


def _entry(row: Row) -> Row:
    return filled({"order_id": row["order_id"], "location_id": row["location_id"], "version": _version(row)})


def _version(row: Row) -> int | None:
    """Orders of the vendor's own till app tell no version."""
    return row["version"] if row["has_version"] else None


def _order(row: Row, parts: dict[str, list[Row]]) -> Row:
    lines, back = parts["square_order_lines"], parts["square_return_lines"]
    paid = [one for one in parts["square_payments"] if one["status"] == "COMPLETED"]
    goods = [one for one in parts["square_refunds"] if one["is_goods"]]
    sale = _amounts(row["total_cents"], row["tax_cents"], row["discounts_cents"], row["tip_cents"])
    returned = _amounts(row["return_total_cents"], row["return_tax_cents"], row["return_discounts_cents"], 0)
    due = row["total_cents"] - row["return_total_cents"] if row["state"] == "OPEN" else 0
    return filled(
        {
            "id": row["order_id"],
            "location_id": row["location_id"],
            "source": {"name": row["source_name"]},
            "customer_id": row["customer_id"],
            "ticket_name": row["ticket_name"],
            "line_items": [line_item(one) for one in lines] or None,
            "taxes": [_tax(row, row["tax_cents"])] if lines else None,
            "discounts": [_discount(row)] if row["discounts_cents"] else None,
            "returns": _returns(row, back) or None,
            "return_amounts": _money(returned) if back else None,
            "net_amounts": _money({name: sale[name] - returned[name] for name in sale}),
            "tenders": [tender(one) for one in paid] or None,
            "refunds": [refund(one) for one in goods] or None,
            "created_at": time(row["created_at"]),
            "updated_at": time(row["updated_at"]),
            "closed_at": time(row["closed_at"]),
            "state": row["state"],
            "version": _version(row),
            "total_money": money(row["total_cents"]),
            "total_tax_money": money(row["tax_cents"]),
            "total_discount_money": money(row["discounts_cents"]),
            "total_tip_money": money(row["tip_cents"]),
            "total_service_charge_money": money(0),
            "net_amount_due_money": money(due),
        }
    )


def _returns(row: Row, back: list[Row]) -> list[Row]:
    """One return for each sale that goods came back from; without a receipt it names no sale."""
    found = []
    for number, (source, group) in enumerate(groupby(back, key=lambda one: one["source_order_id"]), 1):
        items = list(group)
        total, tax, discount = (sum(one[f"{name}_cents"] for one in items) for name in ("total", "tax", "discount"))
        found.append(
            filled(
                {
                    "uid": f"return-{number}",
                    "source_order_id": source,
                    "return_line_items": [return_item(one) for one in items],
                    "return_taxes": [_tax(row, tax, "return-tax")],
                    "return_amounts": _money(_amounts(total, tax, discount, 0)),
                }
            )
        )
    return found


def _amounts(total: int, tax: int, discount: int, tip: int) -> dict[str, int]:
    return {"total": total, "tax": tax, "discount": discount, "tip": tip, "service_charge": 0}


def _money(amounts: dict[str, int]) -> Row:
    return {f"{name}_money": money(cents) for name, cents in amounts.items()}


def _tax(row: Row, cents: int, uid: str = "tax") -> dict[str, Any]:
    return {
        "uid": uid,
        "name": "Sales Tax",
        "percentage": f"{row['tax_rate_millionths'] / 10_000:g}",
        "type": "ADDITIVE",
        "applied_money": money(cents),
        "scope": "ORDER",
    }


def _discount(row: Row) -> dict[str, Any]:
    return {
        "uid": "discount",
        "name": row["discount_name"],
        "percentage": str(row["discount_percent"]),
        "type": "FIXED_PERCENTAGE",
        "applied_money": money(row["discounts_cents"]),
        "scope": "ORDER",
    }
