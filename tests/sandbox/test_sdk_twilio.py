"""Twilio's own Python client reads the sandbox through its own pages: the account, messages, a span of days."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.server import Running
from sandbox.vendors.twilio import OUR_NUMBER, SID


def client_of(server: Running, token: str) -> Client:
    client = Client(SID, token)
    client.api.base_url = f"{server.url}/twilio"
    return client


@pytest.fixture(scope="module")
def client(server: Running) -> Client:
    return client_of(server, "twilio_sandbox")


def test_reads_every_message_once_over_pages(client: Client) -> None:
    found = client.messages.list(page_size=7)
    assert len(found) == len({one.sid for one in found}) > 20
    assert [one.sid for one in found] == [one.sid for one in client.messages.list(page_size=1_000)]
    assert {one.direction for one in found} == {"inbound", "outbound-api"}
    assert all((one.to if one.direction == "inbound" else one.from_) == OUR_NUMBER for one in found)
    failed = next(one for one in found if one.status == "undelivered")
    assert isinstance(failed.error_code, int)
    priced = next(one for one in found if one.price)
    assert float(priced.price or 0) < 0
    assert priced.price_unit == "USD"
    assert priced.date_sent is not None
    assert priced.date_sent.tzinfo is not None


def test_reads_a_span_and_the_account(client: Client) -> None:
    since, until = datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
    inside = client.messages.list(date_sent_after=since, date_sent_before=until, page_size=5)
    wanted = [one.sid for one in client.messages.list() if one.date_sent and since <= one.date_sent <= until]
    assert [one.sid for one in inside] == wanted != []
    assert client.api.accounts(SID).fetch().status == "active"


def test_says_what_is_refused(server: Running) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_of(server, "wrong").api.accounts(SID).fetch()
    assert (refused.value.status, refused.value.code) == (401, 20003)
