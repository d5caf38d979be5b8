"""Which token may do what, and which versions are served: what the shop looks at before it answers.

A token without ``read_all_orders`` sees the orders of the last 60 days, and no word tells it that there are more.
"""

from __future__ import annotations

import re
from datetime import timedelta

from graphql import GraphQLError
from starlette.requests import Request

from sandbox.vendors.shopify.documents import Document
from sandbox.vendors.shopify.graphql import Operation

ALL_ORDERS = "read_all_orders"
WITHOUT_ALL_ORDERS = timedelta(days=60)
EVERYTHING = frozenset(
    (
        ALL_ORDERS, "read_customers", "read_draft_orders", "read_inventory", "read_inventory_shipments",
        "read_inventory_transfers", "read_locations",
        "read_merchant_managed_fulfillment_orders", "read_orders", "read_products",
        "write_customers", "write_orders", "write_products",
    )
)  # fmt: skip
TOKENS = {
    "shpat_sandbox": EVERYTHING,
    "shpat_60_days": EVERYTHING - {ALL_ORDERS},
    "shpat_few_scopes": frozenset(("read_orders", "write_products")),
}
APP = ("client_sandbox", "shpss_sandbox")
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
OPENS = {
    "customers": "customer customers customersCount metafieldDefinitions",
    "draft_orders": "draftOrder draftOrders draftOrdersCount",
    "inventory": "inventoryItem inventoryItems inventoryLevel",
    "inventory_transfers": "inventoryTransfer inventoryTransfers",
    "merchant_managed_fulfillment_orders": "fulfillmentOrder fulfillmentOrders",
    "locations": "location locations",
    "orders": "abandonedCheckouts abandonedCheckoutsCount order orders ordersCount",
    "products": "product productVariant productVariants productVariantsCount products productsCount",
}
WRITES = ("customerUpdate", "metafieldDefinitionCreate", "metafieldsDelete", "metafieldsSet")
NEEDS = {field: f"read_{thing}" for thing, fields in OPENS.items() for field in fields.split()}
NEEDS |= dict.fromkeys(WRITES, "write_customers")


def scopes(request: Request) -> frozenset[str] | None:
    """What the request's token may do; None for a token that nobody gave out."""
    return TOKENS.get(request.headers.get("x-shopify-access-token", ""))


def exchange(form: dict[str, str]) -> tuple[dict[str, object], int]:
    """The client-credentials grant: a token for an app's id and secret, and the status."""
    if form.get("grant_type") != "client_credentials":
        return {"error": "invalid_request", "error_description": "The grant_type is not served."}, 400
    if (form.get("client_id"), form.get("client_secret")) != APP:
        return {"error": "invalid_client", "error_description": "The client is not known."}, 400
    return {"access_token": "shpat_sandbox", "scope": ",".join(sorted(EVERYTHING)), "expires_in": 86_399}, 200


def allows(granted: frozenset[str], scope: str) -> bool:
    """Whoever may write may read."""
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def refuse(operation: Operation, granted: frozenset[str]) -> None:
    """Raises GraphQLError for the first field that the scopes do not open."""
    for one in operation.fields:
        needed = NEEDS.get(one.name)
        if needed and not allows(granted, needed):
            message = f"Access denied for {one.name} field. Required access: `{needed}` access scope."
            raise GraphQLError(message, path=[one.key], extensions={"code": "ACCESS_DENIED"})


def served(version: str) -> str | None:
    """The version that answers: a retired one falls forward to the oldest that is served, an unknown one is nothing."""
    if not re.fullmatch(r"20\d\d-(01|04|07|10)", version) or version > VERSIONS[-1]:
        return None
    return max(version, VERSIONS[0])


def installation(granted: frozenset[str]) -> Document:
    """The app as the shop knows it."""
    handles = [{"description": one.replace("_", " "), "handle": one} for one in sorted(granted)]
    app = {"__typename": "App", "id": "gid://shopify/App/1", "title": "Warehouse", "handle": "warehouse"}
    return {
        "__typename": "AppInstallation",
        "id": "gid://shopify/AppInstallation/1",
        "app": app,
        "accessScopes": handles,
    }
