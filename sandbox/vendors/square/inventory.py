"""Stock: counts by state, newest first, and the changes that lead to them, oldest first by when they happened."""

from __future__ import annotations

import numpy as np

from sandbox.vendors.square.gate import Call, invalid, micros
from sandbox.vendors.square.rows import Positions, Row, Shown, View, among, filled, listing, money, time

PAGE, MOST = 100, 1000
TYPES = ("PHYSICAL_COUNT", "ADJUSTMENT", "TRANSFER")
UNTRACKED = ("NONE", "SOLD", "UNLINKED_RETURN")
REASONS = {
    ("NONE", "IN_STOCK"): "RECEIVED",
    ("IN_STOCK", "SOLD"): "SALE",
    ("SOLD", "IN_STOCK"): "RETURNED",
    ("UNLINKED_RETURN", "IN_STOCK"): "RETURNED",
    ("IN_STOCK", "WASTE"): "DAMAGED",
}


class Inventory:
    """The calls below /inventory."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def counts(self, call: Call) -> Row:
        view = self._shown.view("square_inventory_counts", "count_id")
        states = [one for one in call.listed("states") or [] if one not in UNTRACKED]
        found = among(view, _chosen(call, view), "state", states)
        if call.asked.get("updated_after"):
            found = found[view.values("calculated_at")[found] > micros(call.asked["updated_after"], "updated_after")]
        rows, more = self._shown.page(call, view, found, "calculated_at", call.size(PAGE, MOST), descends=True)
        return listing("counts", [count(row) for row in rows], more)

    def changes(self, call: Call) -> Row:
        view, asked = self._shown.view("square_inventory_changes", "change_id"), call.asked
        types = call.listed("types") or ["PHYSICAL_COUNT", "ADJUSTMENT"]
        for one in types:
            call.choice(one, TYPES, "ADJUSTMENT", "types")
        states, reasons = call.listed("states"), asked.get("reason_ids")
        if states and reasons:
            raise invalid("BAD_REQUEST", "Only one of `states` and `reason_ids` can be given.", "reason_ids")
        found = among(view, _chosen(call, view), "kind", types)
        if states:
            counted = view.values("kind") == "PHYSICAL_COUNT"
            moved = np.isin(view.values("from_state"), states) | np.isin(view.values("to_state"), states)
            found = found[(counted | moved)[found]]
        if reasons:
            wanted = {one.get("type") for one in reasons}
            pairs = zip(view.values("from_state"), view.values("to_state"), strict=True)
            fits = np.array([REASONS.get(pair) in wanted for pair in pairs], dtype=bool)
            found = found[fits[found]]
        received = view.values("created_at")
        if asked.get("updated_after"):
            found = found[received[found] > micros(asked["updated_after"], "updated_after")]
        if asked.get("updated_before"):
            found = found[received[found] < micros(asked["updated_before"], "updated_before")]
        descends = call.choice(call.part("sort").get("order"), ("ASC", "DESC"), "ASC", "sort.order") == "DESC"
        rows, more = self._shown.page(call, view, found, "occurred_at", call.size(PAGE, MOST), descends)
        return listing("changes", [_change(row) for row in rows], more)


def _chosen(call: Call, view: View) -> Positions:
    found = among(view, view.every(), "location_id", call.listed("location_ids"))
    return among(view, found, "variation_id", call.listed("catalog_object_ids"))


def count(row: Row) -> Row:
    return {
        "catalog_object_id": row["variation_id"],
        "catalog_object_type": "ITEM_VARIATION",
        "state": row["state"],
        "location_id": row["location_id"],
        "quantity": str(row["quantity"]),
        "calculated_at": time(row["calculated_at"]),
    }


def _change(row: Row) -> Row:
    shared = {
        "id": row["change_id"],
        "reference_id": row["reference_id"],
        "catalog_object_id": row["variation_id"],
        "catalog_object_type": "ITEM_VARIATION",
        "location_id": row["location_id"],
        "quantity": str(row["quantity"]),
        "occurred_at": time(row["occurred_at"]),
        "created_at": time(row["created_at"]),
        "source": {"product": "SQUARE_POS", "name": "Square Point of Sale"},
    }
    if row["kind"] == "PHYSICAL_COUNT":
        return {"type": row["kind"], "physical_count": filled(shared | {"state": row["to_state"]})}
    adjustment = shared | {
        "from_state": row["from_state"],
        "to_state": row["to_state"],
        "from_location_id": row["location_id"],
        "to_location_id": row["location_id"],
        "total_price_money": money(row["sold_cents"]),
        "cost_money": money(row["cost_cents"]),
        "transaction_id": row["transaction_id"],
        "refund_id": row["refund_id"],
        "reason_id": {"type": REASONS[row["from_state"], row["to_state"]]},
    }
    return {"type": row["kind"], "adjustment": filled(adjustment)}
