"""What a HubSpot token may read and how much it would bring, asked before anything is landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson

from ingestion.connect import Finding
from ingestion.hubspot import api

SCOPES = (
    "communication_preferences.read",
    "communication_preferences.statuses.batch.read",
    "crm.objects.contacts.read",
)


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is the token taken, may it read contacts and what they agreed to. Raises what requests raises."""
    account = api.account_of(settings)
    answer = account.client.get(f"crm/objects/{account.version}/contacts", params={"limit": "1"})
    if answer.status_code == 401:
        text = "HUBSPOT_ACCESS_TOKEN is refused (401): it is misspelt, or its app was removed."
        yield Finding("token", False, text, "Copy the token again from the private app or service key in HubSpot.")
        return
    if answer.status_code == 404:
        text = f"Version {account.version} is not served (404)."
        step = "Leave HUBSPOT_API_VERSION out: the default is the one that this version was tested with."
        yield Finding("version", False, text, step)
        return
    if answer.status_code == 403:
        text = "The token may not read contacts (403)."
        yield Finding("contacts", False, text, "Give its app the scope crm.objects.contacts.read.")
        return
    answer.raise_for_status()
    orjson.loads(answer.content)
    yield Finding("contacts", True, "readable")
    types, _ = api.purposes(account)
    text = "readable" if types is not None else "The token may not ask what contacts agreed to: only opt-outs are read."
    yield Finding("subscriptions", True, text)
    text = "HUBSPOT_APP_ID names our own app: contacts that it made are not read back."
    if not settings["app_id"]:
        text = "HUBSPOT_APP_ID is not set: contacts that syncs make come back as contacts of the CRM."
    yield Finding("own app", True, text)


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rows by raw table since a day: HubSpot counts the contacts; what they agreed to only reading them would tell."""
    return {"contacts": api.total(api.account_of(settings), api.since(since)), "subscriptions": None}
