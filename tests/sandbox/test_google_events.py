"""The sandbox's conversions: which events Google counts, once each, and which it refuses at once or later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request
from tests.sandbox.google_caller import ACCOUNT, GRANTED, Google, error, person, violations

WEB, PHONE, STORE = "777000001", "777000002", "777000003"


@pytest.fixture(scope="module")
def google(server: Running) -> Google:
    return Google(server)


def sale(google: Google, key: str, **changes: Any) -> dict[str, Any]:
    moment = google.server.now - timedelta(days=1)
    found = {
        "transactionId": key, "eventTimestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "currency": "USD",
        "conversionValue": 84.5, "eventSource": "WEB", **person("a@example.com"), **changes,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def ingest(google: Google, events: list[Any], action: str = WEB, **more: Any) -> Answer:
    to = [{"operatingAccount": ACCOUNT, "productDestinationId": action}]
    body = {"destinations": to, "events": events, "encoding": "HEX", "consent": GRANTED, **more}
    return google.call("POST", "events:ingest", body)


def counted(google: Google) -> dict[str, float]:
    found = request(f"{google.server.url}/google/_sandbox/events", {}).json["events"]
    return {one["transaction_id"]: one["value"] for one in found}


def test_sales_are_counted_once_in_units_of_their_currency(google: Google) -> None:
    events = [sale(google, f"web-{n}", conversionValue=10.25 + n) for n in range(5)]
    (status,) = google.status(ingest(google, events))
    assert (status["requestStatus"], status["eventsIngestionStatus"]) == ("SUCCESS", {"recordCount": "5"})
    (status,) = google.status(ingest(google, [*events[:2], sale(google, "web-5")]))
    assert status["errorInfo"]["errorCounts"] == [
        {"reason": "PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID", "recordCount": "2", "recordIndices": [0, 1]}
    ]
    assert {k: v for k, v in counted(google).items() if k.startswith("web-")} == {
        **{f"web-{n}": 10.25 + n for n in range(5)}, "web-5": 84.5,
    }  # fmt: skip


def test_a_store_sale_says_which_store(google: Google) -> None:
    sold = sale(google, "pos-1", eventSource="IN_STORE")
    assert violations(ingest(google, [sold], STORE))[0][0].endswith("event_location.store_id")
    (status,) = google.status(ingest(google, [{**sold, "eventLocation": {"storeId": "s-12"}}], STORE))
    assert status["requestStatus"] == "SUCCESS"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"transactionId": None}, "REQUIRED_FIELD_MISSING"),
        ({"userData": None}, "NO_IDENTIFIERS_PROVIDED"),
        ({"conversionValue": "84.50"}, "INVALID_NUMBER_FORMAT"),
        ({"currency": "dollars"}, "INVALID_CURRENCY_CODE"),
        ({"eventSource": "IN_STORE", "eventLocation": {"storeId": "s-1"}}, "EVENT_SOURCE_AND_DESTINATION_MISMATCH"),
        ({"eventTimestamp": "yesterday"}, "EVENT_TIME_INVALID"),
        ({"userData": {"userIdentifiers": [{"emailAddress": "a@example.com"}]}}, "INVALID_HEX_ENCODING"),
        ({"conversionValueMicros": 1}, "INVALID_ARGUMENT"),
    ],
)
def test_one_bad_event_refuses_the_whole_request(google: Google, changes: dict[str, Any], reason: str) -> None:
    refused = ingest(google, [sale(google, "good"), sale(google, "bad", **changes)])
    assert (refused.status, violations(refused)[0][1]) == (400, reason)
    assert "good" not in counted(google)


def test_what_is_too_old_or_has_no_consent_is_counted_as_refused(google: Google) -> None:
    old = (google.server.now - timedelta(days=91)).strftime("%Y-%m-%dT%H:%M:%SZ")
    events = [
        sale(google, "old", eventTimestamp=old),
        sale(google, "denied", consent={"adUserData": "CONSENT_DENIED"}),
        sale(google, "fine"),
    ]
    (status,) = google.status(ingest(google, events))
    assert {one["reason"].removeprefix("PROCESSING_ERROR_REASON_"): one["recordIndices"]
            for one in status["errorInfo"]["errorCounts"]} == {"EVENT_TOO_OLD": [0], "DENIED_CONSENT": [1]}  # fmt: skip
    assert {"fine"} == {"old", "denied", "fine"} & set(counted(google))


def test_a_request_has_limits(google: Google) -> None:
    events = [sale(google, f"many-{n}") for n in range(2_001)]
    assert error(ingest(google, events)) == (400, "TOO_MANY_EVENTS")
    assert ingest(google, events[:-1], validateOnly=True).json == {}
    assert error(ingest(google, events[:1], "1")) == (400, "INVALID_CONVERSION_ACTION_ID")
    assert not [key for key in counted(google) if key.startswith("many")]
