"""The sandbox's Twilio: one list by the date of sending, whose messages change afterwards."""

from __future__ import annotations

import base64
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request, shown

SID = "AC00000000000000000000000000000001"
LIST = f"/2010-04-01/Accounts/{SID}/Messages.json"


def call(server: Running, path: str, token: str = "twilio_sandbox") -> Answer:
    given = base64.b64encode(f"{SID}:{token}".encode()).decode()
    return request(f"{server.url}/twilio{path}", {"Authorization": f"Basic {given}"})


def listed(server: Running, asked: str) -> list[dict[str, Any]]:
    found, path = [], f"{LIST}?{asked}"
    while path:
        page = call(server, path).json
        found += page["messages"]
        path = page["next_page_uri"]
    return found


def test_pages_lead_to_each_other_and_hold_every_message_once(server: Running) -> None:
    now = server.now.replace(tzinfo=None)
    expected = shown(server, f"select distinct sid from twilio_messages where revealed_at <= '{now}' order by sid")
    found = listed(server, "PageSize=9")
    assert sorted(one["sid"] for one in found) == expected
    assert len(expected) > 20
    sent = [parsedate_to_datetime(one["date_sent"]) for one in found]
    assert sent == sorted(sent, reverse=True)
    assert {one["direction"] for one in found} == {"inbound", "outbound-api"}
    assert all(one["price"] is None or one["price"] == "-0.00790" for one in found)
    assert {one["status"] for one in found} >= {"delivered", "undelivered", "received"}
    assert all((one["error_code"] is not None) == (one["status"] == "undelivered") for one in found)


def test_a_span_is_of_the_date_of_sending(server: Running) -> None:
    asked = "DateSent%3E=2026-03-10T00:00:00Z&DateSent%3C=2026-03-31T00:00:00Z"
    days = {parsedate_to_datetime(one["date_sent"]).isoformat()[:10] for one in listed(server, asked)}
    assert min(days) >= "2026-03-10"
    assert max(days) <= "2026-03-31"
    assert call(server, f"{LIST}?DateSent%3E=soon").json["code"] == 20001


def test_a_wrong_token_and_too_many_calls_are_refused(server: Running) -> None:
    wrong = call(server, LIST, "wrong")
    assert (wrong.status, wrong.json["code"]) == (401, 20003)
    server.faults("twilio", "throttle", 1)
    assert call(server, LIST).json["code"] == 20429
    assert call(server, f"/2010-04-01/Accounts/{SID}.json").json["status"] == "active"
