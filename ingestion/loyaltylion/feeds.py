"""LoyaltyLion's two lists, the raw table of each, and their pages.

``merchant_id`` means two things: of a customer the shop's customer id, of an activity the shop's id of what happened
(an order). They are landed under names of their own. What a transaction says of its customer's points and of its
activity's state is how these stand now, so none of it is landed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from requests import HTTPError, Response

from ingestion.http import ATTEMPTS, rest_client
from ingestion.tables import Column, Table

LAG = timedelta(hours=1)
EVER = datetime(2012, 1, 1)  # noqa: DTZ001 - UTC without zone; there was no LoyaltyLion before
log = logging.getLogger(__name__)


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, path=name) for name in names)


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "bigint", name) for name in names)


ID = Column("id", path="id")
CREATED = Column("created_at", "ts", "created_at")
TIER = "loyalty_tier_membership"
CUSTOMERS = Table(
    "customers",
    "customers",
    (
        ID,
        Column("merchant_customer_id", path="merchant_id"),
        Column("linked_merchant_customer_ids", "json", "linked_merchant_ids"),
        *_texts("email", "birthday"),
        Column("tier_name", path=f"{TIER}.loyalty_tier.name"),
        *_numbers("points_approved", "points_pending", "points_spent", "rewards_claimed"),
        *(Column(f"is_{name}", "bool", name) for name in ("blocked", "guest", "enrolled")),
        Column("enrolled_at", "ts", "enrolled_at"),
        Column("tier_expires_at", "ts", f"{TIER}.expires_at"),
        CREATED,
        Column("updated_at", "ts", "updated_at"),
    ),
    deduplicate_by=("updated_at", "desc"),
    not_news=("updated_at",),
)
TRANSACTIONS = Table(
    "transactions",
    "transactions",
    (
        ID,
        Column("customer_id", path="customer.id"),
        *_texts("resource"),
        Column("rule_name", path="activity.rule.name"),
        Column("merchant_event_id", path="activity.merchant_id"),
        *_numbers("points_approved", "points_pending"),
        CREATED,
    ),
)


@dataclass(frozen=True)
class Feed:
    """One list: its table, the attribute that tells an object's last change and by which it is filtered, its order."""

    table: Table
    version: str
    parameters: Mapping[str, str]


FEEDS = (
    Feed(CUSTOMERS, "updated_at", {"limit": "500", "sort_field": "updated_at", "sort_direction": "asc"}),
    Feed(TRANSACTIONS, "created_at", {"limit": "500"}),
)


class Cursor(JSONResponseCursorPaginator):
    """``cursor.next`` of the page as it was read; dlt's own would parse the page a second time."""

    def __init__(self) -> None:
        super().__init__(cursor_param="cursor")

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        self._next_reference = data[0]["cursor"]["next"] if data else None


def client_of(settings: Mapping[str, str]) -> RESTClient:
    headers = {"Authorization": f"Bearer {settings['api_key']}", "Accept": "application/json"}
    return rest_client(f"{settings['base_url']}/{settings['api_version']}", headers)


def items(client: RESTClient, feed: Feed, since: datetime) -> Iterator[dict[str, Any]]:
    """The objects of all pages since a moment. A cursor that is no longer taken starts the pages anew."""
    parameters = {**feed.parameters, f"{feed.version}_min": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
    for attempt in range(ATTEMPTS):
        try:
            for (document,) in client.paginate(feed.table.name, params=dict(parameters), paginator=Cursor()):
                yield from document[feed.table.name]
            return
        except HTTPError as error:
            response = error.response
            is_bad = response is not None and response.status_code == 400 and "cursor" in response.text.lower()
            if attempt == ATTEMPTS - 1 or not is_bad:
                raise
            log.info("loyaltylion: the cursor of %s is not valid any more, starting again", feed.table.name)
