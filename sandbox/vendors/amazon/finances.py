"""Money by transaction: of parcels that left and of refunds. Amounts are JSON numbers here, unlike those of orders.

A range of more than 180 days is answered with nothing and without an error, as Amazon does. What was posted may be
missing for two days.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sandbox.streams import Stream, Streams
from sandbox.vendors.amazon.gate import (
    MARKETPLACE,
    MARKETPLACE_NAME,
    SELLER,
    Call,
    content_of,
    invalid,
    token_of,
)

Row = dict[str, Any]
PAGE, LONGEST_SECONDS = 100, 180 * 86_400


class Finances:
    """The call below /finances."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._made: tuple[Stream, list[list[Row]]] | None = None

    def transactions(self, call: Call) -> Row:
        since, of_order = call.moment("postedAfter"), call.text("relatedIdentifierValue")
        if since is None and not of_order:
            raise invalid("postedAfter is required without a related identifier.")
        until, since = call.end("postedBefore", self._streams.now()), since or 0
        asked = {name: value for name, value in call.asked.items() if name != "nextToken"}
        token = content_of(call.text("nextToken")) if call.text("nextToken") else None
        if token is not None:
            if token.get("asked") != asked:
                raise invalid("nextToken belongs to other arguments.")
            until = token["until"]
        if since > self._streams.now() - 120:
            raise invalid("postedAfter must be more than two minutes in the past.")
        stream = self._streams.get("amazon_transaction_lines", "transaction_line_id", "posted_at")
        found = [one for one in self._all(stream) if since <= _at(stream, one) < until]
        if not of_order and until - since > LONGEST_SECONDS:
            found = []
        if of_order:
            found = [one for one in found if one[0]["order_id"] == of_order]
        if token is not None:
            found = [one for one in found if [one[0]["posted_at"], one[0]["transaction_id"]] > token["place"]]
        payload: Row = {"transactions": [_transaction(one) for one in found[:PAGE]]}
        if len(found) > PAGE:
            last = found[PAGE - 1][0]
            place = [last["posted_at"], last["transaction_id"]]
            payload["nextToken"] = token_of({"asked": asked, "until": until, "place": place})
        return {"payload": payload}

    def _all(self, stream: Stream) -> list[list[Row]]:
        """The transactions by the time that they were posted, each with its items."""
        if self._made is None or self._made[0] is not stream:
            rows = sorted(
                stream.rows(0, len(stream)),
                key=lambda row: (row["posted_at"], row["transaction_id"], int(row["transaction_line_id"])),
            )
            made = [list(group) for _, group in groupby(rows, key=lambda row: row["transaction_id"])]
            self._made = stream, made
        return self._made[1]


def _at(stream: Stream, transaction: list[Row]) -> int:
    return stream.at_of(transaction[0]["transaction_line_id"])


def _transaction(rows: list[Row]) -> Row:
    first = rows[0]
    related = {"ORDER_ID": first["order_id"], "SHIPMENT_ID": first["shipment_id"]}
    if first["transaction_type"] == "Refund":
        related = {"ORDER_ID": first["order_id"], "REFUND_ID": first["transaction_id"][:16]}
    return {
        "sellingPartnerMetadata": {"sellingPartnerId": SELLER, "accountType": "Seller", "marketplaceId": MARKETPLACE},
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in related.items()
        ],
        "transactionType": first["transaction_type"],
        "transactionId": first["transaction_id"],
        "transactionStatus": "RELEASED",
        "description": "Order Payment" if first["transaction_type"] == "Shipment" else "Refund Order",
        "postedDate": first["posted_at"],
        "totalAmount": _money(sum(cents for row in rows for *_, cents in _parts(row))),
        "marketplaceDetails": {"marketplaceId": MARKETPLACE, "marketplaceName": MARKETPLACE_NAME},
        "items": [_item(row) for row in rows],
    }


def _item(row: Row) -> Row:
    parts = _parts(row)
    fees = [(kind, cents) for group, kind, cents in parts if group == "AmazonFees"]
    breakdowns = [_breakdown(kind, cents) for group, kind, cents in parts if not group]
    if fees:
        total = sum(cents for _, cents in fees)
        breakdowns.append(_breakdown("AmazonFees", total) | {"breakdowns": [_breakdown(*one) for one in fees]})
    return {
        "description": row["title"],
        "totalAmount": _money(sum(cents for *_, cents in parts)),
        "breakdowns": breakdowns,
        "contexts": [
            {
                "contextType": "ProductContext",
                "asin": row["asin"],
                "sku": row["sku"],
                "quantityShipped": row["quantity"],
                "fulfillmentNetwork": "AFN",
            }
        ],
    }


def _parts(row: Row) -> list[tuple[str, str, int]]:
    """(group, kind, cents) of an item's money."""
    told = [
        ("", "ProductCharges", row["product_cents"]),
        ("", "ShippingCharges", row["shipping_cents"]),
        ("", "Tax", row["tax_cents"]),
        ("AmazonFees", "Commission", row["commission_cents"]),
        ("AmazonFees", "FBAPerUnitFulfillmentFee", row["fulfilment_fee_cents"]),
        ("AmazonFees", "RefundCommission", row["refund_fee_cents"]),
    ]
    return [one for one in told if one[2]]


def _breakdown(kind: str, cents: int) -> Row:
    return {"breakdownType": kind, "breakdownAmount": _money(cents)}


def _money(cents: int) -> Row:
    return {"currencyCode": "USD", "currencyAmount": cents / 100}
