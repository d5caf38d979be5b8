"""What a Klaviyo key is worth before anything is landed with it: is it taken, what does it open, how much is there.

Klaviyo has no call that lists a key's scopes, so each list is asked for one row: a 403 names the scope that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from dlt.sources.helpers.rest_client import RESTClient
from requests import Response

from ingestion.connect import Finding
from ingestion.http import server_now
from ingestion.klaviyo import api
from ingestion.klaviyo.feeds import FEEDS, Feed, Span, iso
from ingestion.position import utc

SCOPES = ("campaigns:read", "events:read", "lists:read", "metrics:read", "profiles:read")
EXPECTED_HOST = "https://a.klaviyo.com/api"
MOST_ROWS = 2_000
MOST_METRICS = 60  # a minute of what the vendor lets one ask
YEAR = timedelta(days=365)


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is the key taken, is the revision served, which scopes has it. Raises what requests raises."""
    client = api.client(settings)
    first = client.get("metrics")
    if first.status_code == 401:
        text = "KLAVIYO_API_KEY is refused (401): it is misspelt, was deleted, or is a public key."
        step = "Make a private key (it begins with pk_) in Klaviyo under Settings > API keys."
        yield Finding("key", False, text, step)
        return
    if _is_revision(first):
        text = f"Revision {settings['revision']} is not served ({first.status_code})."
        step = "Leave KLAVIYO_REVISION out: the default is the one that this version was tested with."
        yield Finding("revision", False, text, step)
        return
    if first.status_code == 404:
        step = f"Set KLAVIYO_BASE_URL={EXPECTED_HOST}"
        yield Finding("address", False, "The address answers, but has no such API below it (404).", step)
        return
    if first.status_code != 403:
        first.raise_for_status()
        first.json()
    yield Finding("key", True, f"KLAVIYO_API_KEY is taken{_account(client)}.")
    yield Finding("revision", True, f"Revision {settings['revision']} is served.")
    missing = [scope for scope in SCOPES if _is_closed(client, scope.partition(":")[0])]
    if missing:
        step = "A key's scopes can't be changed: make another private key with these scopes and set KLAVIYO_API_KEY."
        yield Finding("scopes", False, f"The key lacks {', '.join(missing)} (403).", step)
        return
    yield Finding("scopes", True, f"The key has {', '.join(SCOPES)}.")


def _is_revision(response: Response) -> bool:
    return response.status_code == 410 or (response.status_code == 400 and "revision" in response.text.lower())


def _account(client: RESTClient) -> str:
    """Whose key it is, if it may tell (accounts:read, which nothing else needs)."""
    answer = client.get("accounts")
    if answer.status_code == 403:
        return "; it may not say whose account this is (accounts:read)"
    answer.raise_for_status()
    about = answer.json()["data"][0]["attributes"]
    name = about["contact_information"].get("organization_name") or "an account without a name"
    return f": {name}, {about['preferred_currency']}, {about['timezone']}"


def _is_closed(client: RESTClient, name: str) -> bool:
    parameters = {} if name == "metrics" else {"page[size]": "1"}
    if name == "campaigns":
        parameters["filter"] = 'equals(messages.channel,"email")'
    answer = client.get(name, params=parameters)
    if answer.status_code != 403:
        answer.raise_for_status()
    return answer.status_code == 403


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rows by raw table since a day; None for a list of more than MOST_ROWS, which only reading it would tell.

    Events are counted by Klaviyo itself, metric by metric; those dated in the future are not among them.
    """
    client = api.client(settings)
    first = client.get("metrics")
    first.raise_for_status()
    now = server_now(first)
    return {
        feed.table.name: _events(client, since, now) if feed.table.name == "events" else _rows(client, feed, since, now)
        for feed in FEEDS
    }


def _rows(client: RESTClient, feed: Feed, since: datetime, now: datetime) -> int | None:
    """The rows of a short list whose last change is not before ``since``."""
    found = (
        item
        for text in feed.filters(Span(since, None, now))
        for item in api.items(client, feed, text)
        if utc(item["attributes"][feed.version]) >= since
    )
    counted = sum(1 for _ in islice(found, MOST_ROWS + 1))
    return counted if counted <= MOST_ROWS else None


def _events(client: RESTClient, since: datetime, now: datetime) -> int | None:
    (metrics,) = (feed for feed in FEEDS if feed.table.name == "metrics")
    ids = [item["id"] for item in islice(api.items(client, metrics, ""), MOST_METRICS + 1)]
    return sum(_of_metric(client, one, since, now) for one in ids) if len(ids) <= MOST_METRICS else None


def _of_metric(client: RESTClient, metric_id: str, since: datetime, now: datetime) -> int:
    """Klaviyo counts at most a year at once."""
    total = 0
    while since < now:
        until = min(since + YEAR, now)
        attributes = {
            "metric_id": metric_id,
            "measurements": ["count"],
            "interval": "month",
            "timezone": "UTC",
            "filter": [f"greater-or-equal(datetime,{iso(since)[:-1]})", f"less-than(datetime,{iso(until)[:-1]})"],
        }
        answer = client.post("metric-aggregates", json={"data": {"type": "metric-aggregate", "attributes": attributes}})
        answer.raise_for_status()
        rows = answer.json()["data"]["attributes"]["data"]
        total += sum(int(value) for row in rows for value in row["measurements"]["count"])
        since = until
    return total
