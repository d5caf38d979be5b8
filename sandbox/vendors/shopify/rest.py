"""The old REST reads: shop, orders, customers, products, as far as classic clients need them.

Ids are integers, times carry the shop's own UTC offset, pages follow the ``Link`` header, and the 2-a-second limit is
told in ``X-Shopify-Shop-Api-Call-Limit``. Without ``status=any`` only open orders are listed.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox.limits import Bucket
from sandbox.vendors.shopify.documents import Document, Documents
from sandbox.vendors.shopify.roots import ROOTS, choose

if TYPE_CHECKING:
    from sandbox.vendors.shopify.app import Shop

ZONE = ZoneInfo("America/New_York")
CALLS, RATE = 40, 2.0
DEFAULT_LIMIT, MOST = 50, 250
RESOURCES = ("orders", "customers", "products")


class Rest:
    """``answer()`` serves one GET below ``/admin/api/<version>/``."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._calls = Bucket(CALLS, RATE, shop.context.clock.seconds)

    def answer(self, request: Request, granted: frozenset[str]) -> Response:
        if self._shop.context.faults.take("shopify", "throttle") or not self._calls.take(1):
            body = {"errors": "Exceeded 2 calls per second for api client. Reduce request rates."}
            return self._json(body, 429, {"Retry-After": "2.0"})
        path = request.path_params["path"].removesuffix(".json")
        if path == "shop":
            return self._json({"shop": _shop(self._shop.shop())})
        resource, _, key = path.partition("/")
        if resource not in RESOURCES:
            return self._json({"errors": "Not Found"}, 404)
        documents = self._shop.documents(granted)
        if key == "count":
            return self._json({"count": len(self._positions(documents, resource, request)[1])})
        if key:
            return self._one(documents, resource, key)
        return self._list(documents, resource, request)

    def _one(self, documents: Documents, resource: str, key: str) -> Response:
        kind = resource.removesuffix("s")
        found = documents.node(f"gid://shopify/{kind.title()}/{key}") if key.isdigit() else None
        if found is None:
            return self._json({"errors": "Not Found"}, 404)
        return self._json({kind: SHAPES[resource](found)})

    def _list(self, documents: Documents, resource: str, request: Request) -> Response:
        asked = dict(request.query_params)
        limit = asked.get("limit", str(DEFAULT_LIMIT))
        if not limit.isdigit() or not 1 <= int(limit) <= MOST:
            return self._json({"errors": {"limit": [f"must be between 1 and {MOST}"]}}, 400)
        if "page_info" in asked and set(asked) - {"page_info", "limit", "fields"}:
            return self._json({"errors": "page_info can only be sent with limit and fields"}, 400)
        try:
            rows, positions, after, filters = self._positions(documents, resource, request)
        except (ValueError, binascii.Error, KeyError):
            return self._json({"errors": {"page_info": ["Invalid value."]}}, 400)
        ids = rows.ids[positions]
        begin = int(np.count_nonzero(ids <= after))
        here = positions[begin : begin + int(limit)]
        nodes = ROOTS[resource].build(documents, rows.rows(here))
        headers = {}
        if begin + int(limit) < len(positions):
            token = base64.urlsafe_b64encode(
                orjson.dumps({"last_id": int(rows.ids[here[-1]]), "filters": filters})
            ).decode()
            address = f"{request.url.scheme}://{request.headers['host']}{request.scope.get('sandbox.prefix', '')}"
            query = urlencode({"limit": limit, "page_info": token})
            headers["Link"] = f'<{address}{request.url.path}?{query}>; rel="next"'
        return self._json({resource: [SHAPES[resource](one) for one in nodes]}, headers=headers)

    def _positions(self, documents: Documents, resource: str, request: Request) -> tuple[Any, Any, int, dict[str, str]]:
        asked, after = dict(request.query_params), 0
        if "page_info" in asked:
            read = orjson.loads(base64.urlsafe_b64decode(asked["page_info"]))
            asked, after = read["filters"], read["last_id"]
        filters = {key: value for key, value in asked.items() if key not in ("limit", "fields", "page_info")}
        terms = []
        for name in ("updated_at", "created_at", "processed_at"):
            terms += [
                f"{name}:{sign}'{filters[f'{name}_{end}']}'"
                for end, sign in (("min", ">="), ("max", "<="))
                if f"{name}_{end}" in filters
            ]
        if resource == "orders" and filters.get("status", "open") != "any":
            terms.append(f"status:{filters.get('status', 'open')}")
        if "ids" in filters:
            terms.append("(" + " OR ".join(f"id:{one}" for one in filters["ids"].split(",")) + ")")
        chosen = choose(documents, resource, {"query": " AND ".join(terms), "sortKey": "ID"})
        return chosen.rows, chosen.positions, max(after, int(filters.get("since_id", 0))), filters

    def _json(self, body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
        used = CALLS - int(self._calls.left())
        given = {"X-Shopify-Shop-Api-Call-Limit": f"{used}/{CALLS}", **(headers or {})}
        return Response(orjson.dumps(body), status, given, media_type="application/json")


def _local(moment: str | None) -> str | None:
    return None if moment is None else datetime.fromisoformat(moment).astimezone(ZONE).isoformat()


def _shop(shop: Document) -> dict[str, Any]:
    return {
        "id": int(shop["id"].rpartition("/")[2]),
        "name": shop["name"],
        "email": shop["email"],
        "domain": shop["primaryDomain"]["host"],
        "myshopify_domain": shop["myshopifyDomain"],
        "currency": shop["currencyCode"],
        "iana_timezone": shop["ianaTimezone"],
        "created_at": _local(shop["createdAt"]),
    }


def _amount(bag: dict[str, Any]) -> str:
    return str(bag["shopMoney"]["amount"])


def _set(bag: dict[str, Any]) -> dict[str, Any]:
    one = {"amount": bag["shopMoney"]["amount"], "currency_code": bag["shopMoney"]["currencyCode"]}
    return {"shop_money": one, "presentment_money": one}


def _customer(one: Document) -> dict[str, Any]:
    return {
        "id": int(one["legacyResourceId"]),
        "admin_graphql_api_id": one["id"],
        "email": one["email"],
        "phone": one["phone"],
        "first_name": one["firstName"],
        "last_name": one["lastName"],
        "state": one["state"].lower(),
        "verified_email": one["verifiedEmail"],
        "tags": ", ".join(one["tags"]),
        "created_at": _local(one["createdAt"]),
        "updated_at": _local(one["updatedAt"]),
        "orders_count": int(one["numberOfOrders"]({})),
        "total_spent": one["amountSpent"]({})["amount"],
    }


def _order(one: Document) -> dict[str, Any]:
    customer = one["customer"]({}) if one["customer"] else None
    return {
        "id": int(one["legacyResourceId"]),
        "admin_graphql_api_id": one["id"],
        "name": one["name"],
        "order_number": one["number"],
        "email": one["email"],
        "phone": one["phone"],
        "test": one["test"],
        "currency": one["currencyCode"],
        "financial_status": one["displayFinancialStatus"].lower(),
        "fulfillment_status": {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(
            one["displayFulfillmentStatus"]
        ),
        "source_name": one["sourceName"],
        "landing_site": one["landingPageUrl"],
        "referring_site": one["referrerUrl"],
        "checkout_token": one["checkoutToken"],
        "cart_token": one["cartToken"],
        "note_attributes": [],
        "tags": ", ".join(one["tags"]),
        "created_at": _local(one["createdAt"]),
        "processed_at": _local(one["processedAt"]),
        "updated_at": _local(one["updatedAt"]),
        "cancelled_at": _local(one["cancelledAt"]),
        "closed_at": _local(one["closedAt"]),
        "total_price": _amount(one["totalPriceSet"]),
        "total_price_set": _set(one["totalPriceSet"]),
        "subtotal_price": _amount(one["subtotalPriceSet"]),
        "total_tax": _amount(one["totalTaxSet"]),
        "total_discounts": _amount(one["totalDiscountsSet"]),
        "current_total_price": _amount(one["currentTotalPriceSet"]),
        "customer": _customer(customer) if customer else None,
        "line_items": [
            {
                "id": int(line["id"].rpartition("/")[2]),
                "title": line["title"],
                "sku": line["sku"],
                "quantity": line["quantity"],
                "current_quantity": line["currentQuantity"],
                "price": _amount(line["originalUnitPriceSet"]),
                "total_discount": _amount(line["totalDiscountSet"]),
                "variant_id": line["variant"] and int(line["variant"]["legacyResourceId"]),
                "product_id": line["product"] and int(line["product"]["legacyResourceId"]),
            }
            for line in one["lineItems"]({})
        ],
    }


def _product(one: Document) -> dict[str, Any]:
    return {
        "id": int(one["legacyResourceId"]),
        "admin_graphql_api_id": one["id"],
        "title": one["title"],
        "handle": one["handle"],
        "vendor": one["vendor"],
        "product_type": one["productType"],
        "status": one["status"].lower(),
        "created_at": _local(one["createdAt"]),
        "updated_at": _local(one["updatedAt"]),
        "variants": [
            {
                "id": int(v["legacyResourceId"]),
                "title": v["title"],
                "sku": v["sku"],
                "price": v["price"],
                "product_id": int(one["legacyResourceId"]),
            }
            for v in one["variants"]({})
        ],
    }


SHAPES = {"orders": _order, "customers": _customer, "products": _product}
