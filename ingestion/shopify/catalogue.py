"""Raw tables of products, stock, places, abandoned checkouts and draft orders."""

from __future__ import annotations

from ingestion.shopify.columns import CREATED, ID, LATEST, OWNER, UPDATED, money, quantity, reference
from ingestion.tables import Column, Table

PRODUCTS = Table(
    "products",
    "Product",
    (
        ID,
        Column("title", path="title"),
        Column("handle", path="handle"),
        Column("product_type", path="productType"),
        Column("vendor", path="vendor"),
        Column("status", path="status"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
VARIANTS = Table(
    "variants",
    "ProductVariant",
    (
        ID,
        reference("product_id", "product"),
        Column("sku", path="sku"),
        Column("title", path="title"),
        Column("barcode", path="barcode"),
        Column("price", "price", "price"),
        Column("compare_at_price", "price", "compareAtPrice"),
        Column("unit_cost", "price", "inventoryItem.unitCost.amount"),
        reference("inventory_item_id", "inventoryItem"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
LOCATIONS = Table(
    "locations",
    "Location",
    (
        ID,
        Column("name", path="name"),
        Column("city", path="address.city"),
        Column("province_code", path="address.provinceCode"),
        Column("country_code", path="address.countryCode"),
        Column("is_active", "bool", "isActive"),
        Column("fulfills_online_orders", "bool", "fulfillsOnlineOrders"),
        Column("pickup_time", path="localPickupSettingsV2.pickupTime"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
INVENTORY_LEVELS = Table(
    "inventory_levels",
    "InventoryLevel",
    (
        ID,
        reference("inventory_item_id", "item"),
        Column("location_id", sql=OWNER),
        Column("is_active", "bool", "isActive"),
        UPDATED,
        *map(quantity, ("available", "on_hand", "committed", "incoming")),
        *map(quantity, ("reserved", "damaged", "safety_stock", "quality_control")),
    ),
    deduplicate_by=LATEST,
)
ABANDONED_CHECKOUTS = Table(
    "abandoned_checkouts",
    "AbandonedCheckout",
    (
        ID,
        reference("customer_id", "customer"),
        Column("email", path="customer.defaultEmailAddress.emailAddress"),
        CREATED,
        UPDATED,
        Column("completed_at", "ts", "completedAt"),
        money("total_amount", "totalPriceSet"),
        Column("currency_code", path="totalPriceSet.shopMoney.currencyCode"),
        Column("url", path="abandonedCheckoutUrl"),
    ),
    deduplicate_by=LATEST,
)


def _lines(name: str, kind: str, owner: str) -> Table:
    """Lines of a basket that is no order (yet); ``owner``: the column that names the basket."""
    columns = (
        ID,
        Column(owner, sql=OWNER),
        reference("variant_id", "variant"),
        Column("sku", path="sku"),
        Column("title", path="title"),
        Column("quantity", "bigint", "quantity"),
    )
    return Table(name, kind, columns)


ABANDONED_CHECKOUT_LINES = _lines("abandoned_checkout_lines", "AbandonedCheckoutLineItem", "checkout_id")
DRAFT_ORDERS = Table(
    "draft_orders",
    "DraftOrder",
    (
        ID,
        Column("name", path="name"),
        Column("status", path="status"),
        reference("order_id", "order"),
        # a pickup is called by the place where the goods wait; a draft names no location
        Column("shipping_title", path="shippingLine.title"),
        CREATED,
        UPDATED,
        Column("completed_at", "ts", "completedAt"),
        Column("reserve_inventory_until", "ts", "reserveInventoryUntil"),
    ),
    deduplicate_by=LATEST,
)
DRAFT_ORDER_LINES = _lines("draft_order_lines", "DraftOrderLineItem", "draft_order_id")
