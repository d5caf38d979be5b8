"""Raw tables of Square. Money stays as Square writes it: whole minor units (``*_money``) and a currency.

An order is one document; its lines, returns, returned lines and hand-overs become tables of their own. These carry
``order_updated_at``: of an order that was edited, rows of an older version than the order's own no longer belong to it.
Quantities are texts, for Square sells 2.25 of something.
"""

from __future__ import annotations

from typing import Literal

from ingestion.tables import Column, Table

LATEST: tuple[str, Literal["asc", "desc"]] = ("updated_at", "desc")
OF_LATEST_ORDER: tuple[str, Literal["asc", "desc"]] = ("order_updated_at", "desc")

ID = Column("id", path="id")
CREATED = Column("created_at", "ts", "created_at")
UPDATED = Column("updated_at", "ts", "updated_at")
LOCATION = Column("location_id", path="location_id")
OF_ORDER = (
    Column("order_id", sql="gid"),
    Column("order_updated_at", "ts", sql="json_extract_string(doc, '$.updated_at')"),
)


def texts(*names: str, inside: str = "") -> tuple[Column, ...]:
    return tuple(Column(name, path=f"{inside}{name}") for name in names)


def money(name: str, path: str = "") -> Column:
    return Column(name, "bigint", f"{path or name}.amount")


def of_order(*names: str) -> Column:
    """The key of a part of an order: its uid is unique inside the order only."""
    below = " || ':' || ".join(f"json_extract_string(item, '$.{name}')" for name in names)
    return Column("id", sql=f"gid || ':' || {below}")


def currency(path: str) -> Column:
    return Column("currency", path=f"{path}.currency")


LOCATIONS = Table(
    "locations",
    "locations",
    (
        ID,
        *texts("name", "status", "type", "timezone", "currency", "country"),
        *texts("locality", "administrative_district_level_1", "postal_code", inside="address."),
        CREATED,
    ),
)
CUSTOMERS = Table(
    "customers",
    "customers",
    (
        ID,
        *texts("given_name", "family_name", "email_address", "phone_number", "birthday"),
        *texts("reference_id", "creation_source"),
        *texts(
            "address_line_1",
            "locality",
            "administrative_district_level_1",
            "postal_code",
            "country",
            inside="address.",
        ),
        Column("is_email_unsubscribed", "bool", "preferences.email_unsubscribed"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
    not_news=("updated_at",),
)
LOYALTY_ACCOUNTS = Table(
    "loyalty_accounts",
    "loyalty_accounts",
    (
        ID,
        *texts("customer_id", "program_id"),
        Column("phone_number", path="mapping.phone_number"),
        Column("balance", "bigint", "balance"),
        Column("lifetime_points", "bigint", "lifetime_points"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
ORDERS = Table(
    "orders",
    "orders",
    (
        ID,
        LOCATION,
        *texts("customer_id", "reference_id", "ticket_name", "state"),
        Column("source_name", path="source.name"),
        currency("total_money"),
        *(money(f"total_{part}money") for part in ("", "tax_", "discount_", "tip_", "service_charge_")),
        money("rounding_money", "rounding_adjustment.amount_money"),
        money("net_money", "net_amounts.total_money"),
        CREATED,
        UPDATED,
        Column("closed_at", "ts", "closed_at"),
    ),
    deduplicate_by=LATEST,
)
ORDER_LINES = Table(
    "order_lines",
    "orders",
    (
        of_order("uid"),
        *OF_ORDER,
        *texts("uid", "catalog_object_id", "name", "variation_name", "quantity", "item_type"),
        Column("line_number", "bigint", "number"),
        currency("total_money"),
        money("base_price_money"),
        money("gross_sales_money"),
        *(money(f"total_{part}money") for part in ("", "tax_", "discount_", "service_charge_")),
    ),
    each="line_items",
    deduplicate_by=OF_LATEST_ORDER,
)
ORDER_RETURNS = Table(
    "order_returns",
    "orders",
    (
        of_order("uid"),
        *OF_ORDER,
        *texts("uid", "source_order_id"),
        currency("return_amounts.total_money"),
        *(money(f"{part}_money", f"return_amounts.{part}_money") for part in ("total", "tax", "discount", "tip")),
        money("service_charge_money", "return_amounts.service_charge_money"),
    ),
    each="returns",
    deduplicate_by=OF_LATEST_ORDER,
)
ORDER_RETURN_LINES = Table(
    "order_return_lines",
    "orders",
    (
        of_order("return_uid", "uid"),
        *OF_ORDER,
        *texts("uid", "return_uid", "source_order_id", "source_line_item_uid", "catalog_object_id", "name"),
        *texts("variation_name", "quantity", "item_type"),
        currency("total_money"),
        money("gross_return_money"),
        *(money(f"total_{part}money") for part in ("", "tax_", "discount_", "service_charge_")),
    ),
    each="return_lines",
    deduplicate_by=OF_LATEST_ORDER,
)
ORDER_FULFILLMENTS = Table(
    "order_fulfillments",
    "orders",
    (
        of_order("uid"),
        *OF_ORDER,
        *texts("uid", "type", "state"),
        *(Column(f"{event}_at", "ts", f"pickup_details.{event}_at") for event in ("placed", "ready", "picked_up")),
    ),
    each="fulfillments",
    deduplicate_by=OF_LATEST_ORDER,
)
PAYMENTS = Table(
    "payments",
    "payments",
    (
        ID,
        *texts("order_id", "location_id", "customer_id", "status", "source_type", "buyer_email_address"),
        Column("card_fingerprint", path="card_details.card.fingerprint"),
        currency("total_money"),
        *(money(f"{part}_money") for part in ("amount", "tip", "total", "refunded")),
        Column("is_offline_payment", "bool", "is_offline_payment"),
        Column("client_created_at", "ts", "offline_payment_details.client_created_at"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
REFUNDS = Table(
    "refunds",
    "refunds",
    (
        ID,
        *texts("payment_id", "order_id", "location_id", "status", "reason"),
        currency("amount_money"),
        money("amount_money"),
        Column("is_unlinked", "bool", "unlinked"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
CATALOG_ITEMS = Table(
    "catalog_items",
    "ITEM",
    (
        ID,
        *texts("name", "category_id", "product_type", inside="item_data."),
        Column("is_archived", "bool", "item_data.is_archived"),
        Column("is_deleted", "bool", "is_deleted"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
CATALOG_VARIATIONS = Table(
    "catalog_variations",
    "ITEM_VARIATION",
    (
        ID,
        *texts("item_id", "name", "sku", "upc", inside="item_variation_data."),
        currency("item_variation_data.price_money"),
        money("price_money", "item_variation_data.price_money"),
        Column("is_deleted", "bool", "is_deleted"),
        CREATED,
        UPDATED,
    ),
    deduplicate_by=LATEST,
)
INVENTORY_COUNTS = Table(
    "inventory_counts",
    "counts",
    (
        ID,
        *texts("catalog_object_id", "location_id", "state", "quantity"),
        Column("calculated_at", "ts", "calculated_at"),
    ),
    deduplicate_by=("calculated_at", "desc"),
)
INVENTORY_CHANGES = Table(
    "inventory_changes",
    "changes",
    (
        ID,
        *texts("type", "catalog_object_id", "location_id", "state", "from_state", "to_state", "quantity"),
        *texts("reason_id", "transaction_id", "refund_id", "purchase_order_id", "reference_id"),
        Column("occurred_at", "ts", "occurred_at"),
        CREATED,
    ),
)
