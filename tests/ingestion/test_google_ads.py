"""What is Google Ads' own: tokens that end, pages by token, pauses that are told, what is never asked together."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from google.auth.exceptions import RefreshError, TransportError
from requests import Response

import selvage
from ingestion.google_ads import api
from ingestion.google_ads.tables import CONVERSIONS, METRICS
from ingestion.sources import google_ads
from sandbox.server import Running

SETTINGS = {"base_url": "http://127.0.0.1:1", "api_version": "v26", "token_url": "http://127.0.0.1:1/token",
            "client_id": "i", "client_secret": "s", "refresh_token": "r", "developer_token": "d",
            "login_customer_id": "999-888-7777"}  # fmt: skip
Answer = tuple[int, dict[str, Any]]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(api.time, "sleep", found.append)
    return found


def client_of(answers: list[Answer], monkeypatch: pytest.MonkeyPatch) -> tuple[api.Api, list[Any]]:
    """A client whose requests are answered from the list, and its requests; each token is another one."""
    left: Iterator[Answer] = iter(answers)
    asked: list[Any] = []

    def send(_: Any, request: Any, **__: Any) -> Response:
        asked.append((dict(request.headers), request.json))
        response = Response()
        response.status_code, body = next(left)
        response._content = orjson.dumps(body)
        return response

    def refresh(credentials: Any, _: Any) -> None:
        credentials.token = f"token {len(asked)}"

    monkeypatch.setattr(api.Documents, "_send_request", send)
    monkeypatch.setattr(api.Credentials, "refresh", refresh)
    return api.Api(SETTINGS), asked


def refusal(status: int, code: str, **details: Any) -> Answer:
    failure = {"errors": [{"errorCode": {"anyError": code}, "message": "no", "details": details}]}
    return status, {"error": {"code": status, "status": "X", "message": "no", "details": [failure]}}


def page(*ids: str, token: str = "") -> Answer:
    return 200, {"results": [{"campaign": {"id": one}} for one in ids], **({"nextPageToken": token} if token else {})}


def test_a_token_that_ended_is_made_anew_once(monkeypatch) -> None:
    client, asked = client_of([page("1"), refusal(401, "OAUTH_TOKEN_EXPIRED"), page("2")], monkeypatch)
    assert list(client.rows("1", "q")) == [{"campaign": {"id": "1"}}]
    assert list(client.rows("1", "q")) == [{"campaign": {"id": "2"}}]
    assert [headers["Authorization"] for headers, _ in asked] == ["Bearer token 0", "Bearer token 0", "Bearer token 2"]
    client, _ = client_of([refusal(401, "OAUTH_TOKEN_INVALID")] * 2, monkeypatch)
    with pytest.raises(api.GoogleAdsError, match="401"):
        list(client.rows("1", "q"))


def test_accounts_and_the_developer_token_travel_in_headers(monkeypatch) -> None:
    client, _ = client_of([], monkeypatch)
    assert (client.headers or {})["login-customer-id"] == "9998887777"
    assert (client.headers or {})["developer-token"] == "d"


def test_pages_go_by_token_and_lost_ones_begin_anew(monkeypatch) -> None:
    lost = refusal(400, "EXPIRED_PAGE_TOKEN")
    answers = [page("1", "2", token="a"), lost, page("1", "2", token="b"), page("3")]
    client, asked = client_of(answers, monkeypatch)
    assert [row["campaign"]["id"] for row in client.rows("1", "q")] == ["1", "2", "3"]
    assert [body.get("pageToken") for _, body in asked] == [None, "a", None, "b"]


def test_a_pause_is_as_long_as_google_says(pauses: list[float], monkeypatch) -> None:
    busy = refusal(429, "RESOURCE_TEMPORARILY_EXHAUSTED", quotaErrorDetails={"retryDelay": "7s"})
    client, _ = client_of([busy, page("1")], monkeypatch)
    assert len(list(client.rows("1", "q"))) == 1
    assert pauses == [7]
    for code, word in (("RESOURCE_EXHAUSTED", "24 hours"), ("USER_PERMISSION_DENIED", "LOGIN_CUSTOMER_ID")):
        client, _ = client_of([refusal(403, code)], monkeypatch)
        with pytest.raises(api.GoogleAdsError, match=word):
            list(client.rows("1", "q"))
    assert len(pauses) == 1


def test_cost_is_not_asked_for_by_conversion_action() -> None:
    days = "2026-06-01", "2026-06-30"
    assert "metrics.cost_micros" in METRICS.query("asset_group", *days)
    assert "asset_group" not in METRICS.query("ad_group_ad", *days)
    assert "cost_micros" not in CONVERSIONS.query("ad_group_ad", *days)
    assert CONVERSIONS.query("ad_group_ad", *days).endswith("segments.date BETWEEN '2026-06-01' AND '2026-06-30'")


def test_no_token_is_told_with_its_cause_and_without_what_was_sent(monkeypatch) -> None:
    for error, word in ((RefreshError("sent: secret"), "REFRESH_TOKEN"), (TransportError("secret"), "TOKEN_URL")):
        client, _ = client_of([], monkeypatch)
        monkeypatch.setattr(api.Credentials, "refresh", Mock(side_effect=error))
        with pytest.raises(api.GoogleAdsError, match=word) as failure:
            list(client.rows("1", "q"))
        assert failure.value.__context__ is None
        assert "secret" not in str(failure.value)


def test_the_probe_tells_what_is_wrong_and_counts(shop: Running, home) -> None:
    settings = selvage.vendor("google_ads", google_ads.SETTINGS)
    (found,) = google_ads.probe(settings)
    assert found.is_ok
    assert "America/Chicago" in found.text
    (manager,) = google_ads.probe({**settings, "customer_id": "999-888-7777"})
    assert (manager.is_ok, "manager account" in manager.text) == (False, True)
    (other,) = google_ads.probe({**settings, "customer_id": "1"})
    assert (other.is_ok, "GOOGLE_ADS_LOGIN_CUSTOMER_ID" in other.text) == (False, True)
    (old,) = google_ads.probe({**settings, "api_version": "v22"})
    assert (old.is_ok, "GOOGLE_ADS_API_VERSION" in old.text) == (False, True)
    assert google_ads.count(settings, datetime(2026, 1, 1)) == {
        "customers": 1, "campaigns": 6, "ad_groups": 5, "ads": 10, "asset_groups": 2, "conversion_actions": 3,
        "metrics": None, "conversions": None, "account_metrics": None,
    }  # fmt: skip
