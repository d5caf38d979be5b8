"""The catalogue: items with their variations inside, and variations, taxes and discounts as objects of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from sandbox.vendors.square.gate import Call, invalid, micros, not_found
from sandbox.vendors.square.rows import Positions, Row, Shown, View, among, filled, listing, money, time

TOP_LEVEL = ("ITEM", "TAX", "DISCOUNT")
KINDS = (*TOP_LEVEL, "ITEM_VARIATION", "CATEGORY", "MODIFIER", "MODIFIER_LIST", "IMAGE")
PAGE, MOST = 100, 1000


class Catalog:
    """The calls below /catalog."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def index(self, call: Call) -> Row:
        view = self._view()
        kinds = [one.strip().upper() for one in call.asked.get("types", "").split(",") if one.strip()]
        found = _alive(view, self._of_kinds(view, kinds))
        rows, more = self._shown.page(call, view, found, "object_id", PAGE)
        return listing("objects", self._documents(rows), more)

    def search(self, call: Call) -> Row:
        view, asked = self._view(), call.asked
        found = self._of_kinds(view, call.listed("object_types") or [])
        if not asked.get("include_deleted_objects"):
            found = _alive(view, found)
        if asked.get("begin_time"):
            found = found[view.values("updated_at")[found] > micros(asked["begin_time"], "begin_time")]
        rows, more = self._shown.page(call, view, found, "object_id", call.size(PAGE, MOST, strict=False))
        latest = {"latest_time": time(int(view.values("updated_at").max()))} if rows else {}
        answer = listing("objects", self._documents(rows), more | latest)
        if asked.get("include_related_objects"):
            items = sorted({row["item_id"] for row in rows if row["item_id"]})
            related = self._documents(view.rows([view.position[one] for one in items]))
            answer |= {"related_objects": related} if related else {}
        return answer

    def get(self, call: Call) -> Row:
        row = self._view().row(call.key())
        if row is None or row["is_deleted"]:
            raise not_found("CatalogObject", call.key())
        return {"object": self._documents([row])[0]}

    def _view(self) -> View:
        return self._shown.view("square_catalog", "object_id")

    @staticmethod
    def _of_kinds(view: View, kinds: list[str]) -> Positions:
        for one in kinds:
            if one not in KINDS:
                raise invalid("INVALID_ENUM_VALUE", f"`{one}` is not a catalog object type.", "object_types")
        return among(view, view.every(), "kind", kinds or list(TOP_LEVEL))

    def _documents(self, rows: list[Row]) -> list[Row]:
        inside = self._view().of("item_id", [row["object_id"] for row in rows if row["kind"] == "ITEM"])
        return [_object(row, inside.get(row["object_id"], [])) for row in rows]


def _alive(view: View, found: Positions) -> Positions:
    return found[~view.values("is_deleted")[found].astype(np.bool_)]


def _object(row: Row, variations: list[Row]) -> Row:
    document: dict[str, Any] = {
        "type": row["kind"],
        "id": row["object_id"],
        "updated_at": time(row["updated_at"]),
        "created_at": time(row["created_at"]),
        "version": row["updated_at"] // 1_000,
        "is_deleted": row["is_deleted"],
        "present_at_all_locations": True,
    }
    if row["kind"] == "ITEM":
        inside = [_object(one, []) for one in variations if row["is_deleted"] or not one["is_deleted"]]
        return document | {
            "item_data": {"name": row["name"], "is_taxable": True, "variations": inside, "product_type": "REGULAR"}
        }
    if row["kind"] == "ITEM_VARIATION":
        return document | {"item_variation_data": _variation(row)}
    if row["kind"] == "TAX":
        tax = {"calculation_phase": "TAX_SUBTOTAL_PHASE", "inclusion_type": "ADDITIVE", "enabled": True}
        return document | {"tax_data": {"name": row["name"], "percentage": row["percentage"], **tax}}
    discount = {"discount_type": "FIXED_PERCENTAGE", "percentage": row["percentage"]}
    return document | {"discount_data": {"name": row["name"], **discount}}


def _variation(row: Row) -> Row:
    alert = row["alert_threshold"]
    return filled(
        {
            "item_id": row["item_id"],
            "name": row["name"],
            "sku": row["sku"],
            "pricing_type": "FIXED_PRICING",
            "price_money": money(row["price_cents"]),
            "track_inventory": True,
            "inventory_alert_type": "LOW_QUANTITY" if alert is not None else "NONE",
            "inventory_alert_threshold": alert,
            "sellable": True,
            "stockable": True,
        }
    )
