"""What a Shopify token is worth before anything is landed with it: whose shop, which scopes, how far back, how much.

Shopify hides orders older than 60 days from a token without ``read_all_orders``, and says so nowhere: a first landing
would look complete and be a stump. So the oldest order that the token sees is shown beside its scopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from requests import HTTPError

from ingestion.connect import Finding
from ingestion.position import utc
from ingestion.shopify.admin import Admin, ShopifyError, admin_of, quoted

ALL_ORDERS = "read_all_orders"
SCOPES = (
    ALL_ORDERS, "read_customers", "read_draft_orders", "read_inventory", "read_inventory_shipments",
    "read_inventory_transfers", "read_locations",
    "read_merchant_managed_fulfillment_orders", "read_orders", "read_products",
)  # fmt: skip
EXPECTED_HOST = "https://<shop>.myshopify.com"
WHERE = "in the Dev Dashboard: your app > Versions > a new version > Access scopes, then release and install it again"
COUNTED = {
    "customers": "customersCount",
    "orders": "ordersCount",
    "products": "productsCount",
    "variants": "productVariantsCount",
    "abandoned_checkouts": "abandonedCheckoutsCount",
    "draft_orders": "draftOrdersCount",
}
WITH_THEIR_PARENT = (
    "order_lines", "order_transactions", "fulfillments", "refunds", "refund_lines",
    "inventory_levels", "abandoned_checkout_lines", "draft_order_lines",
)  # fmt: skip


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Whose token is it, which version answers, what may it do, how far back does it see.

    Raises ShopifyError and what requests raises.
    """
    try:
        admin = admin_of(settings)
        asked = "{ shop { name currencyCode ianaTimezone createdAt plan { publicDisplayName } } }"
        shop = admin.ask(asked)["shop"]
    except HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        refused = _refused(status, settings["api_version"])
        if refused is None:
            raise
        yield refused
        return
    except ShopifyError as error:
        step = "Install the app in this shop (same organisation), and copy its client id and secret again."
        yield Finding("token", False, f"{error}.", step)
        return
    plan = shop["plan"]["publicDisplayName"]
    about = f"{shop['name']}, plan {plan}, {shop['currencyCode']}, {shop['ianaTimezone']}"
    yield Finding("token", True, f"SHOPIFY_ACCESS_TOKEN is taken: {about}.")
    yield _version(admin.served, settings["api_version"])
    found = admin.ask("{ currentAppInstallation { accessScopes { handle } } }")["currentAppInstallation"]
    granted = {one["handle"] for one in found["accessScopes"]}
    missing = [scope for scope in SCOPES if scope not in granted and scope.replace("read_", "write_", 1) not in granted]
    others = [scope for scope in missing if scope != ALL_ORDERS]
    if others:
        yield Finding("scopes", False, f"The token lacks {', '.join(others)}.", f"Add them {WHERE}.")
    else:
        yield Finding("scopes", True, f"The token has {', '.join(one for one in SCOPES if one != ALL_ORDERS)}.")
    if "read_orders" not in missing:
        yield _history(admin, ALL_ORDERS in granted, utc(shop["createdAt"]))


def _refused(status: int, version: str) -> Finding | None:
    if status == 401:
        text = "SHOPIFY_ACCESS_TOKEN is refused (401): misspelt, revoked, of another shop, the app's secret alone, or "
        text += "a token of more than a day ago."
        step = "Give the app's <client id>:<client secret>, which is exchanged for a fresh token each time."
        return Finding("token", False, text, step)
    if status == 404:
        text = f"The address answers, but no Admin API of version {version} is there (404)."
        step = f"Set SHOPIFY_BASE_URL={EXPECTED_HOST}, not the shop's own domain and no path; "
        return Finding("address", False, text, step + "leave SHOPIFY_API_VERSION out.")
    if status in (402, 423):
        text = f"The shop is frozen or locked ({status}): its plan is unpaid or it was closed."
        return Finding("shop", False, text, "The shop's owner has to open it again in Shopify.")
    return None


def _version(served: str | None, asked: str) -> Finding:
    if served == asked:
        return Finding("version", True, f"Version {asked} answers, as asked for.")
    text = f"Version {asked} was asked for, {served or 'one that is not named'} answers: a retired one falls forward."
    step = "Leave SHOPIFY_API_VERSION out: the default is the one that this release was tested with."
    return Finding("version", False, text, step)


def _history(admin: Admin, sees_all: bool, shop_created: datetime) -> Finding:
    """How far back the orders go that the token sees."""
    nodes = admin.ask("{ orders(first: 1, sortKey: CREATED_AT) { nodes { createdAt } } }")["orders"]["nodes"]
    if nodes and admin.now:
        oldest = utc(nodes[0]["createdAt"])
        seen = f"the oldest order it sees is of {oldest:%Y-%m-%d}, {(admin.now - oldest).days} days ago"
    else:
        seen = "it sees no order at all"
    if sees_all:
        return Finding("history", True, f"The token has {ALL_ORDERS}; {seen}.")
    text = f"The token lacks {ALL_ORDERS}: Shopify hides orders older than 60 days and says so nowhere; {seen}"
    text += f" (the shop was opened on {shop_created:%Y-%m-%d})."
    step = f"Add {ALL_ORDERS} {WHERE} (a public app asks Shopify for it first). Landing works without it, for 60 days."
    return Finding("history", False, text, step)


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rows by raw table updated since a day. None for what hangs below others: Shopify can't count it.

    Raises ShopifyError and what requests raises.
    """
    search = quoted(f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'")
    fields = (f"{table}: {field}(query: {search}, limit: null) {{ count }}" for table, field in COUNTED.items())
    found: dict[str, Any] = admin_of(settings).ask(
        f"{{ {' '.join(fields)} locations(first: 250, includeInactive: true) "
        "{ pageInfo { hasNextPage } nodes { updatedAt } } }"
    )
    places = found.pop("locations")
    counted: dict[str, int | None] = {table: one["count"] if one else None for table, one in found.items()}
    is_whole = not places["pageInfo"]["hasNextPage"]
    counted["locations"] = sum(utc(one["updatedAt"]) >= since for one in places["nodes"]) if is_whole else None
    return counted | dict.fromkeys(WITH_THEIR_PARENT)
