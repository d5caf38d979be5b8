"""Twilio's protocol: one list by the date of sending, in pages that lead to each other; no text goes on from here."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from dlt.sources.helpers.rest_client import RESTClient
from requests import HTTPError, Response

from ingestion.http import ATTEMPTS, rest_client, server_now

PAGE_SIZE = 1_000
Document = dict[str, Any]
log = logging.getLogger(__name__)


def client_of(settings: Mapping[str, str]) -> RESTClient:
    """A client of the account; its token, or the id and secret of an API key with a colon between."""
    given = settings["auth_token"]
    pair = given if ":" in given else f"{settings['account_sid']}:{given}"
    return rest_client(settings["base_url"], {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})


def account(client: RESTClient, settings: Mapping[str, str]) -> tuple[Document, datetime]:
    """The account as Twilio knows it, and Twilio's clock (UTC without zone). Raises HTTPError."""
    answer = client.get(f"{settings['api_version']}/Accounts/{settings['account_sid']}.json")
    answer.raise_for_status()
    found: Document = orjson.loads(answer.content)
    return found, server_now(answer)


def messages(
    client: RESTClient, settings: Mapping[str, str], since: datetime, until: datetime
) -> Iterator[list[Document]]:
    """Pages of what was sent from a moment on, up to another. A token that is no longer taken starts the list anew."""
    first = f"{settings['api_version']}/Accounts/{settings['account_sid']}/Messages.json"
    span = {"DateSent>": f"{since:%Y-%m-%dT%H:%M:%SZ}", "DateSent<": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    read = re.compile(settings["order_pattern"])
    words = _words(settings)
    for attempt in range(ATTEMPTS):
        try:
            answer: Response = client.get(first, params={**span, "PageSize": str(PAGE_SIZE)})
            while True:
                answer.raise_for_status()
                page = orjson.loads(answer.content)
                yield [_without_text(one, read, words) for one in page["messages"]]
                if not page.get("next_page_uri"):
                    return
                answer = client.get(page["next_page_uri"].lstrip("/"))
        except HTTPError as error:
            if attempt == ATTEMPTS - 1 or error.response is None or error.response.status_code != 400:
                raise
            log.info("twilio: the page is not valid any more, starting again")


def _without_text(message: Document, order: re.Pattern[str], words: Mapping[str, str]) -> Document:
    """Of a text of ours the order that it names is kept; of other people's a word that stops or starts marketing."""
    body = message.pop("body", None) or ""
    is_inbound = message["direction"] == "inbound"
    found = None if is_inbound else order.search(body)
    return {
        **message,
        "order_reference": found.group(1) if found else None,
        "marketing_word": words.get(body.strip().casefold()) if is_inbound else None,
        **{f"{name}_at": _utc(message.get(f"date_{name}")) for name in ("created", "sent", "updated")},
    }


def _utc(text: str | None) -> str | None:
    return parsedate_to_datetime(text).astimezone(UTC).replace(tzinfo=None).isoformat() if text else None


def _words(settings: Mapping[str, str]) -> dict[str, str]:
    """Words -> stop or start."""
    return {
        word.strip().casefold(): meaning
        for meaning in ("start", "stop")
        for word in settings[f"{meaning}_words"].split(",")
        if word.strip()
    }
