"""Orders, version 2026-01-01: search by the time of change or creation, and one order by its id.

The search shows nothing of the last two minutes and says in each answer up to when it looked. A pending order has no
prices, a cancelled one none any more.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sandbox.context import Context
from sandbox.streams import ISO, Stream, Streams
from sandbox.vendors.amazon.gate import (
    MARKETPLACE,
    MARKETPLACE_NAME,
    ApiError,
    Call,
    content_of,
    invalid,
    money,
    token_of,
)

Row = dict[str, Any]
MOST = 100
BY = {"lastUpdated": "updated_at", "created": "created_at"}
INCLUDED = (
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX",
    "PAYMENT", "FULFILLMENT_ORDERS",
)  # fmt: skip


class Orders:
    """The calls below /orders."""

    def __init__(self, context: Context, streams: Streams) -> None:
        self._context, self._streams = context, streams
        self._lines: tuple[Stream, dict[str, list[Row]]] | None = None

    def search(self, call: Call) -> Row:
        given = [name for name in BY if call.moment(f"{name}After") is not None]
        if len(given) != 1:
            raise invalid("Exactly one of createdAfter and lastUpdatedAfter must be given.")
        (by,) = given
        size = _size(call.text("maxResultsPerPage"))
        call.only_ours(call.listed("marketplaceIds"))
        included, since = _included(call), call.moment(f"{by}After")
        stream = self._streams.get("amazon_orders", "order_id", BY[by])
        asked = {name: value for name, value in call.asked.items() if name != "paginationToken"}
        if call.text("paginationToken"):
            token = content_of(call.text("paginationToken"))
            if token.get("asked") != asked or self._context.faults.take("amazon", "expired_cursor"):
                raise invalid("paginationToken is invalid.")
            before, start = token["before"], stream.after((token["at"], token["key"]))
        else:
            token = None
            before, start = call.end(f"{by}Before", self._streams.now()), stream.since(since or 0)
        stop = stream.since(before + 1)
        found = [row for row in stream.rows(start, stop) if row["status"] in _statuses(call)]
        answer: Row = {
            "orders": [self._document(row, included) for row in found[:size]],
            f"{by}Before": _iso(before),
            "pagination": {},
        }
        if len(found) > size:
            last = found[size - 1]
            place = {"at": stream.at_of(last["order_id"]), "key": last["order_id"]}
            if token is not None and self._context.faults.take("amazon", "duplicate_page"):
                place = {"at": token["at"], "key": token["key"]}
            answer["pagination"] = {"nextToken": token_of({"asked": asked, "before": before, **place})}
        return answer

    def get(self, call: Call) -> Row:
        row = self._streams.get("amazon_orders", "order_id").row(call.key())
        if row is None:
            raise ApiError(404, "NotFound", "The order doesn't exist.")
        return {"order": self._document(row, _included(call))}

    def _of_order(self, key: str) -> list[Row]:
        stream = self._streams.get("amazon_order_lines", "item_id", "revealed_at")
        if self._lines is None or self._lines[0] is not stream:
            rows = sorted(stream.rows(0, len(stream)), key=lambda row: (row["order_id"], row["item_id"]))
            self._lines = stream, {one: list(group) for one, group in groupby(rows, key=lambda row: row["order_id"])}
        now = _iso(self._streams.now())
        return [
            row | {"is_gone": bool(row["cancelled_at"] and row["cancelled_at"] <= now)} for row in self._lines[1][key]
        ]

    def _document(self, row: Row, included: set[str]) -> Row:
        lines = self._of_order(row["order_id"])
        priced = row["status"] not in ("PENDING", "CANCELLED")
        kept = [line for line in lines if priced and not line["is_gone"]]
        document: Row = {
            "orderId": row["order_id"],
            "createdTime": row["created_at"],
            "lastUpdatedTime": row["updated_at"],
            "programs": ["PRIME"] if row["is_prime"] else [],
            "salesChannel": {
                "channelName": "AMAZON",
                "marketplaceId": MARKETPLACE,
                "marketplaceName": MARKETPLACE_NAME,
            },
            "orderItems": [_item(line, row, included, priced and not line["is_gone"]) for line in lines],
        }
        if "FULFILLMENT" in included:
            document["fulfillment"] = {"fulfillmentStatus": row["status"], "fulfilledBy": "AMAZON"}
        if "BUYER" in included and row["buyer_email"]:
            document["buyer"] = {"buyerEmail": row["buyer_email"]}
        if "RECIPIENT" in included and row["status"] != "PENDING":
            address = {"city": row["city"], "stateOrRegion": row["region"], "countryCode": "US"}
            document["recipient"] = {"deliveryAddress": address}
        if "PROCEEDS" in included and priced:
            tax = sum(line["tax_cents"] for line in kept)
            total = sum(cents for line in kept for _, cents in _parts(line))
            document["proceeds"] = {
                "grandTotal": money(total),
                "breakdowns": [{"type": "TAX", "subtotal": money(tax)}],
            }
        return document


def _item(line: Row, order: Row, included: set[str], priced: bool) -> Row:
    quantity = 0 if line["is_gone"] else line["quantity"]
    sent = quantity if order["status"] == "SHIPPED" else 0
    product: Row = {"asin": line["asin"], "sellerSku": line["sku"], "title": line["title"]}
    if priced:
        product["price"] = {"unitPrice": money(line["unit_price_cents"])}
    item: Row = {"orderItemId": line["item_id"], "quantityOrdered": quantity, "product": product}
    if "FULFILLMENT" in included:
        item["fulfillment"] = {"quantityFulfilled": sent, "quantityUnfulfilled": quantity - sent}
    if "PROCEEDS" in included and priced:
        parts = _parts(line)
        item["proceeds"] = {
            "proceedsTotal": money(sum(cents for _, cents in parts)),
            "breakdowns": [{"type": kind, "subtotal": money(cents)} for kind, cents in parts if cents],
        }
    if "PROMOTION" in included and line["discount_cents"] and priced:
        item["promotion"] = {"breakdowns": [{"promotionId": "PAWS-V2-SELVAGE-10"}]}
    if "CANCELLATION" in included and (line["is_gone"] or order["status"] == "CANCELLED"):
        item["cancellation"] = {"cancellationExecution": {"cancelledBy": "BUYER"}}
    return item


def _parts(line: Row) -> list[tuple[str, int]]:
    return [
        ("ITEM", line["quantity"] * line["unit_price_cents"]),
        ("SHIPPING", line["shipping_cents"]),
        ("DISCOUNT", -line["discount_cents"]),
        ("TAX", line["tax_cents"]),
    ]


def _size(given: str) -> int:
    if not given:
        return MOST
    if not given.isdigit() or not 1 <= int(given) <= MOST:
        raise invalid(f"maxResultsPerPage must be from 1 to {MOST}.")
    return int(given)


def _included(call: Call) -> set[str]:
    wanted = set(call.listed("includedData"))
    if not wanted <= set(INCLUDED):
        raise invalid("includedData has an unknown value.")
    return wanted


def _statuses(call: Call) -> set[str]:
    return set(call.listed("fulfillmentStatuses")) or {"PENDING", "UNSHIPPED", "SHIPPED", "CANCELLED"}


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(ISO)
