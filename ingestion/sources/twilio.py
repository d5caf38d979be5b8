"""Twilio: text messages both ways, what became of them, and what they cost.

The list is by the date of sending, and nothing tells that a message has changed since: so the last days are read again
each time, and what is not as it was landed lands. A price is told a while after the message, some statuses hours later.

Nobody's words are landed: of our own texts the order that they name, of others' whether they are one of the words that
stop or start marketing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from requests import HTTPError

import selvage
from ingestion import reading
from ingestion.connect import Finding
from ingestion.news import news
from ingestion.position import Position
from ingestion.tables import ReadBy, page_of
from ingestion.twilio import api
from ingestion.twilio.tables import MESSAGES
from ingestion.window import Window

DESCRIPTION = "Text messages: notices and what people text back, delivered or not, with their cost; no texts."
KINDS = {"twilio", "rest"}
VERSION = selvage.ApiVersion("2010-04-01", None)  # no end of it was ever told
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "account_sid": selvage.REQUIRED,
    "auth_token": selvage.REQUIRED,
    "api_version": VERSION.name,
    "revised_days": "7",
    "order_pattern": r"/orders/(\d+)",
    "stop_words": "stop,stopall,unsubscribe,cancel,end,quit",
    "start_words": "start,unstop",
    "start_date": "2026-01-01",
}
FRESHNESS = None  # a small shop may text nobody for weeks
NOT_READ = {
    "what was written, media": "nobody knows what it holds; an order that we name and words like STOP are kept",
    "changes of messages that are older": "nothing tells of them; TWILIO_REVISED_DAYS says how far back is read again",
    "messages of subaccounts, scheduled ones": "the former have a list each, the latter no date of sending yet",
    "opt-outs that a messaging service keeps": "a STOP is an incoming message, and what is sent against it fails",
    "calls, e-mails, verifications": "no mart asks for them",
}

VENDOR = "twilio"
SCOPES = ("Messages: read",)
READ_BY = {MESSAGES.name: ReadBy("sent_at", "revised_days")}
MOST_PAGES = 5
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """The table of messages; with a window, those sent in it."""
    rows_of = MESSAGES.reader()

    @dlt.resource(name=MESSAGES.name, **MESSAGES.hints())
    def messages() -> Iterator[pa.Table]:
        for page in _read(window):
            rows = rows_of(page)
            if rows is not None:
                reading.note_newest(VENDOR, pc.max(rows["sent_at"]).as_py())
                yield rows

    return messages


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is the token the account's, and may it read messages. Raises what requests raises."""
    client = api.client_of(settings)
    try:
        found, now = api.account(client, settings)
    except HTTPError as error:
        if error.response is None or error.response.status_code != 401:
            raise
        text = (
            "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are refused (401): they are not of one account, or were changed."
        )
        yield Finding("token", False, text, "Copy both from the account's dashboard, or make an API key there.")
        return
    is_active = found["status"] == "active"
    step = "" if is_active else "Twilio's console says what has to be done to open it again."
    yield Finding("token", is_active, f"The account is {found['status']}.", step)
    next(api.messages(client, settings, now - timedelta(days=1), now))
    yield Finding(SCOPES[0], True, "granted")


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Messages sent since a day; None where there are more than some pages, as Twilio tells no number."""
    client = api.client_of(settings)
    _, now = api.account(client, settings)
    pages = list(islice(api.messages(client, settings, since, now), MOST_PAGES + 1))
    return {MESSAGES.name: None if len(pages) > MOST_PAGES else sum(map(len, pages))}


def _read(window: Window | None) -> Iterator[pa.Table]:
    """Pages of what was sent in the last days and is not landed as it is."""
    given = selvage.vendor(VENDOR, SETTINGS)
    client = api.client_of(given)
    _, now = api.account(client, given)
    reading.note_now(VENDOR, now)
    position = Position(MESSAGES.name, timedelta(days=int(given["revised_days"])), now, window)
    since, until = position.since or datetime.fromisoformat(given["start_date"]), position.until or now
    total = 0
    for found in api.messages(client, given, since, until):
        inside = [one for one in found if window is None or one["sent_at"] < until.isoformat()]
        if inside:
            lines = [(one["sid"], None, 1, MESSAGES.kind, orjson.dumps(one).decode()) for one in inside]
            yield news(position, VENDOR, (MESSAGES,), page_of(lines))
        total += len(inside)
    position.complete()
    log.info("%s: %s messages read", VENDOR, f"{total:,}")
