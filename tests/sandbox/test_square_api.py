"""The gate of the sandbox's Square: token, version, cursors, refusals, faults and the limit nobody publishes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.server import Running
from tests.sandbox.conftest import request
from tests.sandbox.square_caller import BOTH, Square, code


@pytest.fixture(scope="module")
def square(server: Running) -> Square:
    return Square(server)


def test_token_and_version(square: Square) -> None:
    assert code(request(f"{square.base}/locations", {})) == "401 UNAUTHORIZED"
    assert code(request(f"{square.base}/locations", {"Authorization": "Bearer wrong"})) == "401 UNAUTHORIZED"
    wrong = request(f"{square.base}/locations", {**square.headers, "Square-Version": "new"})
    assert code(wrong) == "400 INVALID_SQUARE_VERSION_FORMAT"
    told = request(f"{square.base}/locations", {"Authorization": "Bearer sq_sandbox"})
    assert told.headers["square-version"] == "2026-09-16"
    assert code(square.get("nothing")) == "404 NOT_FOUND"


def test_locations(square: Square) -> None:
    found = square.get("locations").json["locations"]
    assert {one["id"]: one["timezone"] for one in found} == {
        "LMILLSTREET01": "America/Chicago",
        "LPIERMARKET02": "America/Los_Angeles",
    }
    assert square.get("locations/main").json["location"]["id"] == "LMILLSTREET01"
    assert code(square.get("locations/L404")) == "404 NOT_FOUND"


def test_an_empty_answer_leaves_its_list_out(square: Square) -> None:
    nothing = {"filter": {"updated_at": {"start_at": "2036-01-01T00:00:00Z"}}}
    assert square.post("customers/search", {"query": nothing}).json == {}
    assert square.get("refunds", status="REJECTED").json == {}
    assert square.post("inventory/counts/batch-retrieve", {"location_ids": ["L404"]}).json == {}
    assert square.post("orders/search", {"location_ids": ["L404"]}).json == {}


def test_a_cursor_belongs_to_its_query(square: Square) -> None:
    cursor = square.post("orders/search", {"location_ids": BOTH, "limit": 3}).json["cursor"]
    assert square.post("orders/search", {"location_ids": BOTH, "limit": 4, "cursor": cursor}).status == 200
    assert code(square.post("orders/search", {"location_ids": BOTH[:1], "cursor": cursor})) == "400 INVALID_CURSOR"
    assert code(square.post("orders/search", {"location_ids": BOTH, "cursor": "x"})) == "400 INVALID_CURSOR"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("orders/search", b"{"),
        ("orders/search", {"location_ids": "LMILLSTREET01"}),
        ("orders/search", {"location_ids": BOTH, "limit": "many"}),
        ("orders/search", {"location_ids": BOTH, "query": {"sort": {"sort_field": "TOTAL"}}}),
        ("customers/search", {"query": {"filter": {"updated_at": {"start_at": "yesterday"}}}}),
        ("inventory/changes/batch-retrieve", {"types": ["MIRACLE"]}),
    ],
)
def test_what_makes_no_sense_is_refused(square: Square, path: str, body: Any) -> None:
    assert code(square.post(path, body)).startswith("400 ")


def test_faults_look_like_squares_own(square: Square) -> None:
    square.server.faults("square", "throttle")
    refused = square.get("locations")
    assert code(refused) == "429 RATE_LIMITED"
    assert refused.json["errors"][0]["category"] == "RATE_LIMIT_ERROR"
    assert not [name for name in refused.headers if "rate" in name or "retry" in name]
    assert square.get("locations").status == 200
    square.server.faults("square", "error_500")
    assert [square.get("locations").status for _ in range(2)] == [500, 200]
    square.server.faults("square", "expired_cursor")
    body = {"location_ids": BOTH, "limit": 5}
    cursor = square.post("orders/search", body).json["cursor"]
    assert code(square.post("orders/search", {**body, "cursor": cursor})) == "400 INVALID_CURSOR"
    assert square.post("orders/search", {**body, "cursor": cursor}).status == 200
    plain = [one["id"] for one in square.orders()]
    square.server.faults("square", "duplicate_page")
    doubled = [one["id"] for one in square.orders()]
    assert len(doubled) > len(plain) == len(set(plain))
    assert set(doubled) == set(plain)


def test_the_limit_refuses_a_burst_and_forgives(slow_server: Running) -> None:
    impatient, refused = Square(slow_server), None
    for _ in range(400):
        refused = impatient.get("locations")
        if refused.status == 429:
            break
    assert refused is not None
    assert code(refused) == "429 RATE_LIMITED"
    time.sleep(0.5)
    assert impatient.get("locations").status == 200
