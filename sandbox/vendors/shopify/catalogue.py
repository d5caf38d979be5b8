"""Products, variants, inventory and locations as Shopify shows them. They are few: all are kept as documents."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sandbox.vendors.shopify.rows import Row, Snapshot, show_times
from sandbox.vendors.shopify.search import keep
from sandbox.vendors.shopify.values import COUNTRIES, amount, gid, money

QUANTITIES = (
    "available",
    "committed",
    "incoming",
    "on_hand",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
)


class Catalogue:
    """The shop's goods and places at one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def _all(self, table: str, key: str) -> list[Row]:
        rows = self._snapshot.rows(table, key)
        return rows.rows(list(range(len(rows))))

    @cached_property
    def locations(self) -> dict[int, dict[str, Any]]:
        return {row["location_id"]: self._location(row) for row in self._all("shopify_locations", "location_id")}

    @cached_property
    def products(self) -> dict[int, dict[str, Any]]:
        return {row["product_id"]: self._product(row) for row in self._all("shopify_products", "product_id")}

    @cached_property
    def variants(self) -> dict[int, dict[str, Any]]:
        return {row["variant_id"]: self._variant(row) for row in self._all("shopify_variants", "variant_id")}

    @cached_property
    def items(self) -> dict[int, dict[str, Any]]:
        return {one["item_id"]: self._item(one) for one in self.variants.values()}

    @cached_property
    def levels(self) -> list[dict[str, Any]]:
        key = "inventory_item_id, location_id"
        table = self._snapshot.tables.visible("shopify_inventory_levels", key, self._snapshot.now)
        return [self._level(row) for row in show_times(table).to_pylist()]

    def level(self, item_id: int | None, location_id: int | None) -> dict[str, Any] | None:
        return next((one for one in self.levels if one["of"] == (item_id, location_id)), None)

    def _location(self, row: Row) -> dict[str, Any]:
        key = row["location_id"]
        country = row["country_code"]
        return {
            "__typename": "Location",
            "id": gid("Location", key),
            "legacyResourceId": str(key),
            "name": row["name"],
            "isActive": row["is_active"],
            "deactivatedAt": None,
            "fulfillsOnlineOrders": row["fulfills_online_orders"],
            "shipsInventory": row["fulfills_online_orders"],
            "hasActiveInventory": True,
            "isFulfillmentService": False,
            "localPickupSettingsV2": {"instructions": "", "pickupTime": "ONE_HOUR"} if row["offers_pickup"] else None,
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
            "address": {
                "address1": row.get("address1"),
                "address2": None,
                "city": row["city"],
                "province": row["province_code"],
                "provinceCode": row["province_code"],
                "country": COUNTRIES.get(country, country),
                "countryCode": country,
                "zip": row.get("zip"),
                "phone": None,
            },
            "inventoryLevels": lambda args: self._levels_of(1, key, args),
            "inventoryLevel": lambda args: self.level(_number(args["inventoryItemId"]), key),
        }

    def _levels_of(self, position: int, key: int, args: dict[str, Any]) -> list[dict[str, Any]]:
        return keep([one for one in self.levels if one["of"][position] == key], args.get("query"))

    def _product(self, row: Row) -> dict[str, Any]:
        key = row["product_id"]

        def variants() -> list[dict[str, Any]]:
            return [one for one in self.variants.values() if one["product_id"] == key]

        return {
            "__typename": "Product",
            "id": gid("Product", key),
            "legacyResourceId": str(key),
            "title": row["title"],
            "handle": row["handle"],
            "productType": row["product_type"],
            "vendor": row["vendor"],
            "status": row["status"],
            "tags": sorted(self._snapshot.tags.get(f"gid://shopify/Product/{key}", (row.get("tags") or [], None))[0]),
            "isGiftCard": lambda _: any(one["is_gift_card"] for one in variants()),
            "tracksInventory": True,
            "totalInventory": lambda _: sum(one["inventoryQuantity"]({}) for one in variants()),
            "createdAt": row["created_at"],
            "publishedAt": row["created_at"],
            "updatedAt": row["updated_at"],
            "variants": lambda _: variants(),
            "variantsCount": lambda _: {"count": len(variants()), "precision": "EXACT"},
        }

    def _variant(self, row: Row) -> dict[str, Any]:
        key, item_id, product_id = row["variant_id"], row["inventory_item_id"], row["product_id"]
        title = row["title"] or "Default Title"
        return {
            "__typename": "ProductVariant",
            "product_id": product_id,
            "item_id": item_id,
            "is_gift_card": bool(row.get("is_gift_card")),
            "price_cents": row["price_cents"],
            "unit_cost_cents": row["unit_cost_cents"],
            "id": gid("ProductVariant", key),
            "legacyResourceId": str(key),
            "title": title,
            "displayName": title,
            "sku": row["sku"],
            "barcode": row["barcode"],
            "position": 1,
            "price": amount(row["price_cents"]),
            "compareAtPrice": None if row["compare_at_price_cents"] is None else amount(row["compare_at_price_cents"]),
            "inventoryPolicy": "DENY",
            "inventoryItem": lambda _: self.items[item_id],
            "inventoryQuantity": lambda _: self._available(item_id),
            "availableForSale": lambda _: self._available(item_id) > 0,
            "selectedOptions": [{"name": "Size", "value": title}],
            "taxable": True,
            "product": lambda _: self.products.get(product_id),
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
        }

    def _available(self, item_id: int) -> int:
        return sum(one["row"]["available"] for one in self.levels if one["of"][0] == item_id)

    def _item(self, variant: dict[str, Any]) -> dict[str, Any]:
        key = variant["item_id"]
        cost = variant["unit_cost_cents"]
        return {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", key),
            "legacyResourceId": str(key),
            "sku": variant["sku"],
            "tracked": True,
            "requiresShipping": not variant["is_gift_card"],
            "unitCost": None if cost is None else money(cost),
            "variant": variant,
            "createdAt": variant["createdAt"],
            "updatedAt": variant["updatedAt"],
            "inventoryLevels": lambda args: self._levels_of(0, key, args),
            "inventoryLevel": lambda args: self.level(key, _number(args["locationId"])),
        }

    def _level(self, row: Row) -> dict[str, Any]:
        item_id, location_id = row["inventory_item_id"], row["location_id"]

        def quantities(args: dict[str, Any]) -> list[dict[str, Any]]:
            return [
                {
                    "id": f"gid://shopify/InventoryQuantity/{item_id}?location={location_id}&name={name}",
                    "name": name,
                    "quantity": row[name],
                    "updatedAt": row["updated_at"],
                }
                for name in args["names"]
                if name in QUANTITIES
            ]

        return {
            "__typename": "InventoryLevel",
            "of": (item_id, location_id),
            "row": row,
            "id": f"gid://shopify/InventoryLevel/{location_id}?inventory_item_id={item_id}",
            "isActive": True,
            "item": lambda _: self.items.get(item_id),
            "location": lambda _: self.locations.get(location_id),
            "quantities": quantities,
            "createdAt": row.get("created_at") or row["updated_at"],
            "updatedAt": row["updated_at"],
        }


def _number(global_id: str) -> int | None:
    digits = global_id.rpartition("/")[2].partition("?")[0]
    return int(digits) if digits.isdigit() else None
