"""TikTok's Events API in the sandbox: one wrong row refuses all, what was told twice counts once."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from sandbox.server import Running
from tests.sandbox.tiktok_caller import OTHER, TikTok, hashed

HOUR = 3_600


@pytest.fixture(scope="module")
def tiktok(server: Running) -> TikTok:
    return TikTok(server)


@pytest.fixture(scope="module")
def now(tiktok: TikTok) -> int:
    return int(tiktok.server.now.timestamp())


def purchase(event_id: str, at: int, **more: Any) -> dict[str, Any]:
    return {
        "event": "Purchase",
        "event_time": at,
        "event_id": event_id,
        "user": {"email": hashed("ana@example.com"), "ttclid": "E.C.P.1"},
        "properties": {"value": 19.99, "currency": "USD", "order_id": event_id, "contents": [{"content_id": "SKU-1"}]},
        **more,
    }


def test_what_is_told_twice_counts_once_for_two_days(tiktok: TikTok, now: int) -> None:
    assert tiktok.track([purchase("twice-1", now - 49 * HOUR), purchase("twice-2", now)]) == 0
    assert tiktok.track([purchase("twice-1", now - 2 * HOUR), purchase("twice-2", now)]) == 0  # the first 47 hours on
    assert tiktok.track([purchase("twice-1", now), purchase("twice-1", now)]) == 0  # and 49
    assert tiktok.track([{**purchase("twice-2", now), "event": "CompletePayment"}]) == 0  # another name
    found = [(one["event"], one["event_id"]) for one in tiktok.events() if one["event_id"].startswith("twice")]
    assert sorted(found) == [
        ("CompletePayment", "twice-2"),
        ("Purchase", "twice-1"),
        ("Purchase", "twice-1"),
        ("Purchase", "twice-2"),
    ]
    unnamed = purchase("", now)
    before = len(tiktok.events())
    assert tiktok.track([unnamed, unnamed]) == 0
    assert len(tiktok.events()) == before + 2  # without an id nothing is known to be the same


def test_one_wrong_row_refuses_the_whole_call(tiktok: TikTok, now: int) -> None:
    good, before = purchase("whole", now), tiktok.events()
    refused: list[tuple[Any, int]] = [
        ({**good, "user": {"email": "ana@example.com"}}, 40062),
        ({**good, "user": {"phone": [hashed("+1"), "+1"]}}, 40062),
        ({**good, "user": {}}, 40002),
        ({**good, "event": ""}, 40002),
        ({**good, "event_time": now * 1_000}, 40002),
        ({**good, "event_time": str(now)}, 40002),
        ({**good, "properties": {"value": "19.99", "currency": "USD"}}, 40002),
        ({**good, "properties": {"value": 19.99}}, 40002),
        ({**good, "limited_data_use": "yes"}, 40002),
        ([], 40002),
    ]
    for wrong, code in refused:
        assert tiktok.track([good, wrong]) == code, wrong
    assert tiktok.track([]) == tiktok.track([good] * 1_001) == 40061
    assert tiktok.track([good], key="another") == 40002
    assert tiktok.track([good], source="store") == 40002
    assert tiktok.events() == before
    assert tiktok.track([good] * 1_000) == 0
    assert len(tiktok.events()) == len(before) + 1


def test_events_with_a_test_code_do_not_count(tiktok: TikTok, now: int) -> None:
    assert tiktok.track([purchase("only a test", now)], test_event_code="TEST1") == 0
    assert "only a test" not in [one["event_id"] for one in tiktok.events()]
    assert "only a test" in [one["event_id"] for one in tiktok.events("test_events")]


def test_offline_event_sets_are_made_and_take_events(tiktok: TikTok, now: int) -> None:
    key = tiktok.ok("offline/create", name="Stores")["event_set_id"]
    row = purchase("in store", now - 3 * HOUR, user={"phone": [hashed("+12125550100")]})
    assert tiktok.track([row], source="offline", key=key) == 0
    assert tiktok.track([row], source="web", key=key) == 40002
    assert [one["event_source_id"] for one in tiktok.events() if one["event_id"] == "in store"] == [key]
    tiktok.ok("offline/update", event_set_id=key, name="Shops", auto_tracking=True)
    wanted = [{"event_set_id": key, "name": "Shops", "auto_tracking": True}]
    assert tiktok.get("offline/get", event_set_ids=[key])["data"]["event_sets"] == wanted
    assert tiktok.get("offline/get", name="Nothing")["data"]["event_sets"] == []
    assert TikTok(tiktok.server, OTHER).post("offline/delete", event_set_id=key)["code"] == 40002
    tiktok.ok("offline/delete", event_set_id=key)
    assert tiktok.track([row], source="offline", key=key) == 40002


def test_who_limits_the_use_of_their_data_is_not_recognised(tiktok: TikTok, now: int) -> None:
    with duckdb.connect() as connection:
        path = tiktok.server.world / "shopify_customers.parquet"
        rows = connection.execute(f"select distinct lower(email) from '{path}' where email is not null order by 1")
        emails = [email for (email,) in rows.fetchall() if "+" not in email]
    for limited in (False, True):
        name = "limited" if limited else "free"
        sent = [
            purchase(f"{name} {n}", now, user={"email": hashed(one)}, limited_data_use=limited)
            for n, one in enumerate(emails)
        ]
        assert tiktok.track(sent) == 0
        found = [one["is_recognised"] for one in tiktok.events() if one["event_id"].startswith(name)]
        assert len(found) == len(emails)
        assert (sum(found) == 0) if limited else (0.45 < sum(found) / len(found) < 0.75)
