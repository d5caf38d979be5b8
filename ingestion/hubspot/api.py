"""HubSpot's calls, at the dated paths: the list of contacts, the search, reading by ids, and what addresses agreed to.

The list has all contacts and no ceiling. The search knows what changed, ends a query after 10,000 results, and its
index lags by minutes; whoever is archived is in a list of its own alone. So the search is walked by id, which is
unique, as times are not: each query begins behind the last id of the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from dlt.sources.helpers.rest_client import RESTClient
from requests import Response

from ingestion.http import rest_client, server_now
from ingestion.hubspot.tables import PROPERTIES

LIST_ROWS, SEARCH_ROWS, CEILING = 100, 200, 10_000
Contact = dict[str, Any]
Filter = dict[str, str]


@dataclass(frozen=True)
class Account:
    """One account: its client, the version of the API, the property that holds the shop's customer id."""

    client: RESTClient
    version: str
    customer_id_property: str

    @property
    def properties(self) -> list[str]:
        return [*PROPERTIES, *filter(None, [self.customer_id_property])]

    def get(self, **parameters: str) -> Any:
        return _told(self.client.get(f"crm/objects/{self.version}/contacts", params=parameters))

    def post(self, step: str, body: Any) -> Any:
        return _told(self.client.post(f"crm/objects/{self.version}/contacts/{step}", json=body))


def account_of(settings: Mapping[str, str]) -> Account:
    headers = {"Authorization": f"Bearer {settings['access_token']}", "Accept": "application/json"}
    client = rest_client(settings["base_url"], headers)
    return Account(client, settings["api_version"], settings["customer_id_property"])


def purposes(account: Account) -> tuple[dict[str, str] | None, datetime]:
    """What each type of subscription is for, by id (None: the token may not ask), and HubSpot's clock."""
    response = account.client.get(f"communication-preferences/{account.version}/definitions")
    now = server_now(response)
    if response.status_code == 403:
        return None, now
    return {str(one["id"]): str(one.get("purpose") or "") for one in _told(response)["results"]}, now


def listed(account: Account, *, archived: bool = False, only_ids: bool = False) -> Iterator[Contact]:
    """All contacts, or all that are archived."""
    asked = {"limit": str(LIST_ROWS), "archived": str(archived).lower()}
    asked["properties"] = "hs_object_source_id" if only_ids else ",".join(account.properties)
    after: str | None = None
    while True:
        page = account.get(**asked, **({"after": after} if after else {}))
        yield from page["results"]
        following = ((page.get("paging") or {}).get("next") or {}).get("after")
        if following is None:
            return
        after = following


def changed(account: Account, start: datetime, until: datetime | None) -> Iterator[Contact]:
    """The contacts that are not archived and changed since a moment, in order of their ids."""
    filters = [since(start)]
    if until:
        filters.append(_filter("lastmodifieddate", "LT", _millis(until)))
    last = "0"
    while True:
        found = 0
        for contact in _query(account, [*filters, _filter("hs_object_id", "GT", last)]):
            last, found = str(contact["id"]), found + 1
            yield contact
        if found < CEILING:
            return


def _query(account: Account, filters: list[Filter]) -> Iterator[Contact]:
    for after in range(0, CEILING, SEARCH_ROWS):
        page = account.post("search", _search(filters, account.properties, SEARCH_ROWS, after))
        yield from page["results"]
        if not (page.get("paging") or {}).get("next"):
            return


def total(account: Account, *filters: Filter) -> int:
    """How many contacts there are that are not archived and fit."""
    return int(account.post("search", _search(filters, ["email"], 1, 0))["total"])


def by_ids(account: Account, ids: Sequence[str]) -> Iterator[Contact]:
    """Contacts that are not archived; the id of one that was merged brings the one that took its place."""
    for start in range(0, len(ids), LIST_ROWS):
        inputs = [{"id": one} for one in ids[start : start + LIST_ROWS]]
        body = {"inputs": inputs, "properties": account.properties, "propertiesWithHistory": []}
        yield from account.post("batch/read", body)["results"]


def statuses(account: Account, emails: Sequence[str]) -> dict[str, list[Contact]]:
    """What each address said to each type of subscription."""
    found: dict[str, list[Contact]] = {}
    path = f"communication-preferences/{account.version}/statuses/batch/read"
    for start in range(0, len(emails), LIST_ROWS):
        inputs = list(emails[start : start + LIST_ROWS])
        page = _told(account.client.post(path, params={"channel": "EMAIL"}, json={"inputs": inputs}))
        found |= {str(one["subscriberIdString"]): one["statuses"] for one in page["results"]}
    return found


def made_by(app_id: str) -> Filter:
    return _filter("hs_object_source_id", "EQ", app_id)


def since(start: datetime) -> Filter:
    return _filter("lastmodifieddate", "GTE", _millis(start))


def _search(filters: Iterable[Filter], properties: list[str], limit: int, after: int) -> dict[str, Any]:
    groups = [{"filters": list(filters)}]
    return {
        "filterGroups": groups if groups[0]["filters"] else [],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": properties,
        "limit": limit,
        "after": str(after),
    }


def _filter(name: str, operator: str, value: str) -> Filter:
    return {"propertyName": name, "operator": operator, "value": value}


def _millis(moment: datetime) -> str:
    return str(int(moment.replace(tzinfo=UTC).timestamp() * 1000))


def _told(response: Response) -> Any:
    response.raise_for_status()
    return orjson.loads(response.content)
