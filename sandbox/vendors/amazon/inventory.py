"""Stock at Amazon: summaries of one marketplace, fifty a page; the token of the next page lives for 30 seconds."""

from __future__ import annotations

import time
from typing import Any

from sandbox.context import Context
from sandbox.streams import Streams
from sandbox.vendors.amazon.gate import Call, content_of, invalid, token_of

PAGE, TOKEN_SECONDS = 50, 30.0


class Inventory:
    """The call below /fba."""

    def __init__(self, context: Context, streams: Streams) -> None:
        self._context, self._streams = context, streams

    def summaries(self, call: Call) -> dict[str, Any]:
        marketplaces = call.listed("marketplaceIds")
        if call.text("granularityType") != "Marketplace" or marketplaces != [call.text("granularityId")]:
            raise invalid("granularityType must be Marketplace, with one marketplace as granularityId.")
        call.only_ours(marketplaces)
        stream = self._streams.get("amazon_inventory", "sku")
        rows = sorted(
            stream.rows(stream.since(call.moment("startDateTime") or 0), len(stream)), key=lambda row: row["sku"]
        )
        wanted = set(call.listed("sellerSkus"))
        rows = [row for row in rows if not wanted or row["sku"] in wanted]
        if call.text("nextToken"):
            token = content_of(call.text("nextToken"))
            is_late = time.time() > token.get("until", 0.0)
            if is_late or self._context.faults.take("amazon", "expired_cursor"):
                raise invalid("The nextToken has expired.")
            rows = [row for row in rows if row["sku"] > token["sku"]]
        answer: dict[str, Any] = {
            "payload": {
                "granularity": {"granularityType": "Marketplace", "granularityId": marketplaces[0]},
                "inventorySummaries": [_summary(row, call.text("details") == "true") for row in rows[:PAGE]],
            }
        }
        if len(rows) > PAGE:
            token = {"sku": rows[PAGE - 1]["sku"], "until": time.time() + TOKEN_SECONDS}
            answer["pagination"] = {"nextToken": token_of(token)}
        return answer


def _summary(row: dict[str, Any], is_detailed: bool) -> dict[str, Any]:
    pending, broken = row["pending_customer_order"], row["customer_damaged"]
    summary = {
        "asin": row["asin"],
        "fnSku": row["fnsku"],
        "sellerSku": row["sku"],
        "condition": "NewItem",
        "productName": row["title"],
        "lastUpdatedTime": row["updated_at"],
        "totalQuantity": row["fulfillable"] + row["inbound_shipped"] + pending + broken,
    }
    if is_detailed:
        summary["inventoryDetails"] = {
            "fulfillableQuantity": row["fulfillable"],
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": row["inbound_shipped"],
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": pending,
                "pendingCustomerOrderQuantity": pending,
                "pendingTransshipmentQuantity": 0,
                "fcProcessingQuantity": 0,
            },
            "researchingQuantity": {"totalResearchingQuantity": 0, "researchingQuantityBreakdown": []},
            "unfulfillableQuantity": {
                "totalUnfulfillableQuantity": broken,
                "customerDamagedQuantity": broken,
                "warehouseDamagedQuantity": 0,
                "distributorDamagedQuantity": 0,
                "carrierDamagedQuantity": 0,
                "defectiveQuantity": 0,
                "expiredQuantity": 0,
            },
        }
    return summary
