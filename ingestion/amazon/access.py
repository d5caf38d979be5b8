"""What an Amazon credential may do and how much it would bring, asked before anything is landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ingestion.amazon import tables
from ingestion.amazon.api import BEFORE_NOW, AmazonError, Api, at
from ingestion.connect import Finding

SCOPES = ("Amazon Fulfillment", "Finance and Accounting", "Inventory and Order Tracking")


def marketplaces_of(settings: Mapping[str, str]) -> list[str]:
    """The marketplaces, of which several may be given, with commas between."""
    return [one.strip() for one in settings["marketplace_ids"].split(",") if one.strip()]


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """A token of Login with Amazon, which also tells Amazon's time; then one call a role."""
    api, marketplaces = Api(settings), marketplaces_of(settings)
    try:
        api.ask_the_time()
    except AmazonError as error:
        yield Finding("credential", False, str(error), "Copy the four AMAZON_ values again, or authorise the app anew.")
        return
    week = at(api.now - timedelta(days=7))
    stock = {
        "granularityType": "Marketplace",
        "granularityId": marketplaces[0],
        "marketplaceIds": marketplaces[0],
    }
    calls: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (
            SCOPES[2],
            f"orders/{settings['orders_version']}/orders",
            {"lastUpdatedAfter": week, "marketplaceIds": ",".join(marketplaces), "maxResultsPerPage": 1},
        ),
        (SCOPES[0], "fba/inventory/v1/summaries", stock),
        (SCOPES[1], "finances/2024-06-19/transactions", {"postedAfter": week}),
    )
    for role, path, asked in calls:
        try:
            api.document(path, asked)
        except AmazonError as error:
            yield Finding(role, False, str(error), f"Give the app the role {role} and authorise it anew.")
        else:
            yield Finding(role, True, "granted")


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rows of a first landing by table: orders are known not to be many if they fit one page; of the rest no tell."""
    api = Api(settings)
    api.ask_the_time()
    counts: dict[str, int | None] = {table.name: None for table in tables.TABLES}
    asked = {"createdAfter": at(min(since, api.now - 2 * BEFORE_NOW)), "maxResultsPerPage": 100}
    marketplaces = {"marketplaceIds": ",".join(marketplaces_of(settings))}
    page = api.document(f"orders/{settings['orders_version']}/orders", {**asked, **marketplaces})
    if not (page.get("pagination") or {}).get("nextToken"):
        counts[tables.ORDERS.name] = len(page.get("orders") or ())
    return counts
