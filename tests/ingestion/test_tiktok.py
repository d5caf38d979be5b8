"""What is TikTok's own: errors with status 200, pages that shift, advertisers and their zones."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import pytest
from requests import Response

import selvage
from ingestion.sources import tiktok
from ingestion.tiktok import api
from sandbox.server import Running

PAGES = {"total_page": 2, "total_number": 3}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(api.time, "sleep", found.append)
    return found


def client_of(answers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> tuple[api.Api, list[Any]]:
    """A client whose requests are answered from the list, and what they asked for."""
    left, asked = iter(answers), []

    def send(_: Any, request: Any, **__: Any) -> Response:
        asked.append(request.params)
        response = Response()
        response.status_code, response._content = 200, orjson.dumps(next(left))
        return response

    monkeypatch.setattr(api.Documents, "_send_request", send)
    return api.Api("http://127.0.0.1:1", "v1.3", "token"), asked


def page(*ids: str) -> dict[str, Any]:
    return {"code": 0, "data": {"list": [{"id": one} for one in ids], "page_info": PAGES}}


def test_too_fast_is_asked_again_after_pauses_that_grow(pauses: list[float], monkeypatch) -> None:
    refusals = [{"code": code, "message": "later"} for code in (40100, 50002, 40100)]
    client, _ = client_of([*refusals, {"code": 0, "data": {"list": []}}], monkeypatch)
    assert client.data("ad/get", {}) == {"list": []}
    assert len(pauses) == 3
    assert pauses == sorted(set(pauses))


def test_what_a_pause_does_not_mend_is_told_at_once(pauses: list[float], monkeypatch) -> None:
    for code, word in ((40105, "TIKTOK_ACCESS_TOKEN"), (40001, "authorise the app"), (40002, "40002")):
        client, _ = client_of([{"code": code, "message": "no"}], monkeypatch)
        with pytest.raises(api.TikTokError, match=word):
            client.data("ad/get", {})
    client, _ = client_of([{"code": 40100, "message": "too fast"}] * 50, monkeypatch)
    with pytest.raises(api.TikTokError, match="40100"):
        client.data("ad/get", {})
    assert len(pauses) < 20


def test_a_list_whose_pages_shifted_is_read_again(monkeypatch) -> None:
    shifted, whole = [page("1", "2"), page("2")], [page("1", "2"), page("3")]
    client, asked = client_of([*shifted, *whole], monkeypatch)
    found = client.rows("ad/get", {"filtering": {"a": 1}}, lambda row: str(row["id"]))
    assert [row["id"] for row in found] == ["1", "2", "3"]
    assert [one["page"] for one in asked] == ["1", "2", "1", "2"]
    assert asked[0]["filtering"] == '{"a":1}'
    client, _ = client_of([*shifted] * 20, monkeypatch)
    with pytest.raises(api.TikTokError, match="3 rows"):
        client.rows("ad/get", {}, lambda row: str(row["id"]))


def test_the_probe_tells_what_is_wrong_and_counts(shop: Running, home) -> None:
    settings = selvage.vendor("tiktok", tiktok.SETTINGS)
    (found,) = tiktok.probe(settings)
    assert found.is_ok
    assert "America/New_York" in found.text
    both = list(tiktok.probe({**settings, "advertiser_ids": "7000000000000000001, 7000000000000000009"}))
    assert [finding.is_ok for finding in both] == [True, False]
    assert "7000000000000000009" in both[1].check
    counts = tiktok.count(settings, datetime(2026, 1, 1))
    assert counts.pop("reports") > 300
    assert counts == {"advertisers": 1, "campaigns": 5, "ad_groups": 10, "ads": 21}
