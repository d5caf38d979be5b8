"""Raw tables of Amazon, and how its documents become their rows.

Money of orders comes as text and that of transactions as JSON numbers; both land as the digits that were written. What
makes up an item's price is summed by its kind here. A transaction's items hold nested parts: each innermost part is a
row, with the words that lead to it (``AmazonFees/Commission``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from ingestion.position import utc
from ingestion.tables import Column, Table

Row = dict[str, Any]
LATEST: tuple[str, Literal["asc", "desc"]] = ("updated_at", "desc")
OF_LATEST_ORDER: tuple[str, Literal["asc", "desc"]] = ("order_updated_at", "desc")
PARTS = {"ITEM": "item", "SHIPPING": "shipping", "DISCOUNT": "discount", "TAX": "tax", "DELIVERY_TIP": "tip"}
RETURNS, LEDGER = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", "GET_LEDGER_DETAIL_VIEW_DATA"
ID = Column("id", path="id")


def texts(**paths: str) -> tuple[Column, ...]:
    return tuple(Column(name, path=path) for name, path in paths.items())


def numbers(**paths: str) -> tuple[Column, ...]:
    return tuple(Column(name, "bigint", path) for name, path in paths.items())


ORDERS = Table(
    "orders",
    "orders",
    (
        Column("id", path="orderId"),
        *texts(
            channel_name="salesChannel.channelName",
            marketplace_id="salesChannel.marketplaceId",
            marketplace_name="salesChannel.marketplaceName",
            fulfillment_status="fulfillment.fulfillmentStatus",
            fulfilled_by="fulfillment.fulfilledBy",
            buyer_email="buyer.buyerEmail",
            city="recipient.deliveryAddress.city",
            region="recipient.deliveryAddress.stateOrRegion",
            postal_code="recipient.deliveryAddress.postalCode",
            country_code="recipient.deliveryAddress.countryCode",
            replaced_order_id="replaced_order_id",
            currency="proceeds.grandTotal.currencyCode",
        ),
        Column("programs", "json", "programs"),
        Column("total_amount", "dec", "proceeds.grandTotal.amount"),
        Column("created_at", "ts", "createdTime"),
        Column("updated_at", "ts", "lastUpdatedTime"),
    ),
    deduplicate_by=LATEST,
)
ORDER_ITEMS = Table(
    "order_items",
    "orders",
    (
        Column("id", sql="gid || ':' || json_extract_string(item, '$.orderItemId')"),
        Column("order_id", sql="gid"),
        Column("order_updated_at", "ts", sql="json_extract_string(doc, '$.lastUpdatedTime')"),
        *texts(
            asin="product.asin",
            seller_sku="product.sellerSku",
            title="product.title",
            cancelled_by="cancellation.cancellationExecution.cancelledBy",
            currency="proceeds.proceedsTotal.currencyCode",
        ),
        *numbers(
            line_number="number",
            quantity_ordered="quantityOrdered",
            quantity_fulfilled="fulfillment.quantityFulfilled",
        ),
        Column("unit_price", "price", "product.price.unitPrice.amount"),
        *(Column(f"{part}_amount", "dec", f"amounts.{part}") for part in (*PARTS.values(), "other")),
        Column("total_amount", "dec", "proceeds.proceedsTotal.amount"),
    ),
    each="orderItems",
    deduplicate_by=OF_LATEST_ORDER,
)
INVENTORY_SUMMARIES = Table(
    "inventory_summaries",
    "inventory_summaries",
    (
        ID,
        *texts(
            marketplace_id="marketplaceId",
            seller_sku="sellerSku",
            fn_sku="fnSku",
            asin="asin",
            product_name="productName",
            condition="condition",
        ),
        *numbers(
            fulfillable_quantity="inventoryDetails.fulfillableQuantity",
            inbound_working_quantity="inventoryDetails.inboundWorkingQuantity",
            inbound_shipped_quantity="inventoryDetails.inboundShippedQuantity",
            inbound_receiving_quantity="inventoryDetails.inboundReceivingQuantity",
            pending_customer_order_quantity="inventoryDetails.reservedQuantity.pendingCustomerOrderQuantity",
            total_reserved_quantity="inventoryDetails.reservedQuantity.totalReservedQuantity",
            researching_quantity="inventoryDetails.researchingQuantity.totalResearchingQuantity",
            unfulfillable_quantity="inventoryDetails.unfulfillableQuantity.totalUnfulfillableQuantity",
        ),
        Column("updated_at", "ts", "lastUpdatedTime"),
    ),
)
CUSTOMER_RETURNS = Table(
    "customer_returns",
    "customer_returns",
    (
        ID,
        *texts(
            order_id="order-id",
            seller_sku="sku",
            asin="asin",
            fn_sku="fnsku",
            fulfillment_center_id="fulfillment-center-id",
            detailed_disposition="detailed-disposition",
            reason="reason",
            status="status",
            license_plate_number="license-plate-number",
        ),
        *numbers(quantity="quantity"),
        Column("returned_at", "ts", "moment"),
    ),
)
INVENTORY_LEDGER = Table(
    "inventory_ledger",
    "inventory_ledger",
    (
        ID,
        *texts(
            seller_sku="MSKU",
            asin="ASIN",
            fn_sku="FNSKU",
            event_type="Event Type",
            reference_id="Reference ID",
            fulfillment_center_id="Fulfillment Center",
            disposition="Disposition",
            reason="Reason",
            country_code="Country",
        ),
        *numbers(quantity="Quantity"),
        Column("happened_at", "ts", "moment"),
    ),
)
TRANSACTIONS = Table(
    "transactions",
    "transactions",
    (
        Column("id", path="transactionId"),
        *texts(
            transaction_type="transactionType",
            description="description",
            marketplace_id="marketplaceDetails.marketplaceId",
            order_id="related.ORDER_ID",
            shipment_id="related.SHIPMENT_ID",
            refund_id="related.REFUND_ID",
            currency="totalAmount.currencyCode",
        ),
        Column("total_amount", "dec", "totalAmount.currencyAmount"),
        Column("posted_at", "ts", "postedDate"),
    ),
)
TRANSACTION_LINES = Table(
    "transaction_lines",
    "transactions",
    (
        Column("id", sql="gid || ':' || json_extract_string(item, '$.number')"),
        Column("transaction_id", sql="gid"),
        Column("posted_at", "ts", sql="json_extract_string(doc, '$.postedDate')"),
        *texts(seller_sku="sku", asin="asin", part="part", currency="currencyCode"),
        *numbers(item_number="item_number", quantity="quantity"),
        Column("amount", "dec", "currencyAmount"),
    ),
    each="lines",
)
TABLES = (
    ORDERS,
    ORDER_ITEMS,
    INVENTORY_SUMMARIES,
    CUSTOMER_RETURNS,
    INVENTORY_LEDGER,
    TRANSACTIONS,
    TRANSACTION_LINES,
)


def order(found: Row) -> Row:
    """The order with numbered items, each with what its price is made of."""
    for number, item in enumerate(found.get("orderItems") or (), start=1):
        sums: dict[str, Decimal] = {}
        for one in (item.get("proceeds") or {}).get("breakdowns") or ():
            part = PARTS.get(one["type"], "other")
            sums[part] = sums.get(part, Decimal(0)) + Decimal(one["subtotal"]["amount"])
        item |= {"number": number, "amounts": {part: str(amount) for part, amount in sums.items()}}
    for one in found.get("associatedOrders") or ():
        if one.get("associationType") in ("REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"):
            found["replaced_order_id"] = one.get("orderId")
    return found


def summary(marketplace: str, found: Row) -> Row:
    named = (marketplace, found.get("sellerSku"), found.get("fnSku"), found.get("condition"))
    return {**found, "marketplaceId": marketplace, "id": ":".join(str(one) for one in named)}


def transaction(found: Row) -> Row:
    """The transaction with its related ids by name, and one line per innermost part of its items."""
    related = found.get("relatedIdentifiers") or ()
    found["related"] = {one["relatedIdentifierName"]: one["relatedIdentifierValue"] for one in related}
    lines: list[Row] = []
    for item_number, item in enumerate(found.get("items") or (found,), start=1):
        product: Row = next((one for one in item.get("contexts") or () if one.get("sku") or one.get("asin")), {})
        told = {"sku": product.get("sku"), "asin": product.get("asin"), "quantity": product.get("quantityShipped")}
        for part, money in _parts(item.get("breakdowns") or (), ""):
            lines.append({**money, **told, "part": part, "item_number": item_number, "number": len(lines) + 1})
    return {**found, "lines": lines}


def _parts(breakdowns: Any, above: str) -> Iterator[tuple[str, Row]]:
    for one in breakdowns:
        path = f"{above}{one['breakdownType']}"
        if one.get("breakdowns"):
            yield from _parts(one["breakdowns"], f"{path}/")
        else:
            yield path, one["breakdownAmount"]


def returned(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows of the report of returns with a key and a time."""
    names = ("order-id", "sku", "license-plate-number", "return-date")
    for row in _keyed(rows, names):
        yield {**row, "moment": utc(row["return-date"]).isoformat()}


def moved(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows of the ledger of stock with a key and a time; older ledgers tell the day alone."""
    names = (
        "MSKU",
        "FNSKU",
        "Event Type",
        "Reference ID",
        "Fulfillment Center",
        "Disposition",
        "Date",
        "Date and Time",
    )
    for row in _keyed(rows, names):
        month, day, year = row["Date"].split("/")
        yield {**row, "moment": utc(row.get("Date and Time") or f"{year}-{month}-{day}").isoformat()}


def _keyed(rows: Iterator[Row], names: tuple[str, ...]) -> Iterator[Row]:
    """Reports have no ids: what a row says is its key, and a number for rows that say the same."""
    met: Counter[str] = Counter()
    for row in rows:
        key = ":".join(str(row.get(name, "")) for name in names)
        met[key] += 1
        yield {**row, "id": f"{key}:{met[key]}"}
