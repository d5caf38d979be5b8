"""Zendesk, LoyaltyLion and SurveyMonkey against the sandbox: what lands, what never does, limits, faults, restarts."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from requests import Response

import selvage
from ingestion import pipeline
from ingestion.discovery import sources
from ingestion.surveymonkey import api
from ingestion.window import Window
from ingestion.zendesk import api as zendesk
from sandbox.server import Running, running
from tests.ingestion.conftest import DAYS, PEOPLE, land

VENDORS = ("zendesk", "loyaltylion", "surveymonkey")
KINDS = ("throttle", "error_500", "hangup", "slow", "duplicate_page", "expired_cursor")
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def shop(shop: Running) -> Running:
    for vendor in VENDORS:
        for kind in KINDS:
            shop.faults(vendor, kind, 0)
    return shop


def content(vendor: str) -> Rows:
    """Every row of a vendor's tables in this home, the load's id left out."""
    tables = [resource.name for resource in sources()[vendor].source().selected_resources.values()]
    with duckdb.connect(str(selvage.settings().warehouse), read_only=True) as warehouse:
        return {
            table: warehouse.execute(
                f"select columns(c -> c <> '_dlt_load_id') from raw_{vendor}.{table} order by all"
            ).fetchall()
            for table in tables
        }


@pytest.fixture(scope="module")
def undisturbed(small_shop: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """What readings without any fault bring."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELVAGE_HOME", str(tmp_path_factory.mktemp("reference")))
        patch.setenv("SELVAGE_SANDBOX_PORT", str(small_shop.port))
        for vendor in VENDORS:
            land(vendor)
        return {vendor: content(vendor) for vendor in VENDORS}


def test_first_readings_bring_the_world(undisturbed: dict[str, Rows], small_shop: Running) -> None:
    now = small_shop.now.replace(tzinfo=None)

    def ids(table: str, key: str, where: str = "true", at: datetime = now) -> set[str]:
        file = str(small_shop.world / f"{table}.parquet")
        found = f"select distinct {key}::varchar from read_parquet(?) where revealed_at <= ? and {where}"
        return {row[0] for row in duckdb.execute(found, [file, at]).fetchall()}

    minute_ago = now - timedelta(minutes=1)
    desk = undisturbed["zendesk"]
    gone = ids("zendesk_users", "user_id", "is_gone", minute_ago)
    assert {row[0] for row in desk["tickets"]} == ids("zendesk_tickets", "ticket_id", at=minute_ago)
    assert {row[0] for row in desk["users"]} == ids("zendesk_users", "user_id", at=minute_ago) - gone
    assert {row[0] for row in desk["ticket_comments"]} == ids("zendesk_comments", "comment_id", at=minute_ago)
    assert {row[0] for row in desk["satisfaction_ratings"]} == ids("zendesk_ratings", "rating_id", "score <> 'offered'")
    points, answers = undisturbed["loyaltylion"], undisturbed["surveymonkey"]
    assert {row[0] for row in points["customers"]} == ids("loyaltylion_members", "member_id")
    assert {row[0] for row in points["transactions"]} == ids("loyaltylion_transactions", "transaction_id")
    assert {row[0] for row in answers["responses"]} == ids("surveymonkey_responses", "response_id")
    assert all(rows for tables in undisturbed.values() for rows in tables.values())


def test_nothing_that_people_wrote_is_landed(undisturbed: dict[str, Rows]) -> None:
    """Neither subjects, messages and comments of ratings, nor answers in words, nor a network address."""
    written = ("hello", "where is my order", "as i said", "you can reach me", "203.0.113", "transcript", "looked into")
    for tables in undisturbed.values():
        for table, rows in tables.items():
            texts = {value.lower() for row in rows for value in row if isinstance(value, str)}
            assert not [text for text in texts if any(part in text for part in written)], table
    numbered = [row for row in undisturbed["zendesk"]["tickets"] if any(str(value).startswith("#") for value in row)]
    assert numbered, "the number in a subject is kept"


@pytest.mark.parametrize("vendor", VENDORS)
def test_faults_change_nothing(
    vendor: str, shop: Running, undisturbed: dict[str, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"per_page": "13", "limit": "13", "page[size]": "13"}
    for feed in getattr(sources()[vendor], "FEEDS", ()):
        for name in set(feed.parameters) & set(small):
            monkeypatch.setitem(feed.parameters, name, small[name])
    pages = api.responses
    monkeypatch.setattr(api, "responses", lambda account, survey, since: pages(account, survey, since, size=5))
    for kind in ("throttle", "error_500", "hangup", "duplicate_page"):
        shop.faults(vendor, kind, 2)
    shop.faults(vendor, "expired_cursor", 1)
    land(vendor)
    assert content(vendor) == undisturbed[vendor]


@contextmanager
def another(shop: Running, home: Path, speed: float) -> Iterator[Running]:
    """A second server of the same world, with a clock of its own."""
    (home / "vendors").mkdir(parents=True)
    for name in ("world", "truth"):
        (home / "vendors" / name).symlink_to(shop.home / "vendors" / name)
    with running(home, people=PEOPLE, days=DAYS, speed=speed) as server:
        yield server


def test_days_read_one_by_one_are_what_is_read_at_once(
    small_shop: Running, home: selvage.Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nothing: list[dict[str, int]] = [{}, {}, {}]
    with another(small_shop, tmp_path / "moving", 3600.0) as shop:
        monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(shop.port))
        first = [land(vendor) for vendor in VENDORS]
        shop.advance(days=7)
        second = [land(vendor) for vendor in VENDORS]
        assert all(0 < sum(after.values()) < sum(before.values()) for before, after in zip(first, second, strict=True))
        assert [land(vendor) for vendor in VENDORS] == nothing
        pieces = {vendor: content(vendor) for vendor in VENDORS}
        monkeypatch.setenv("SELVAGE_HOME", str(tmp_path / "fresh"))
        for vendor in VENDORS:
            land(vendor)
            for table, rows in content(vendor).items():
                # who was merged away meanwhile, and what an answer was before, stays where it was landed before
                assert set(rows) <= set(pieces[vendor][table]), table
        assert content("loyaltylion") == pieces["loyaltylion"]
        assert content("surveymonkey")["responses"] == pieces["surveymonkey"]["responses"]


def test_ten_exports_a_minute_are_waited_for(
    small_shop: Running, undisturbed: dict[str, Rows], home: selvage.Settings, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    """A sandbox whose minute lasts a second: the reader is refused, keeps away as told, and loses nothing."""
    with another(small_shop, tmp_path / "limits", 60.0) as shop:
        monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(shop.port))
        for feed in sources()["zendesk"].FEEDS:
            if "per_page" in feed.parameters:
                monkeypatch.setitem(feed.parameters, "per_page", "15")
        land("zendesk")
        statuses = {row["status"]: row["count"] for row in shop.requests() if "/incremental/" in row["path"]}
        assert statuses[429] >= 1
        assert content("zendesk") == undisturbed["zendesk"]


def test_an_account_without_ratings_lands_the_rest_and_says_so(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENDESK_CLIENT_SECRET", "zd_secret_surveys")
    landed = pipeline.land("zendesk")
    assert landed.rows["tickets"] > 0
    assert "satisfaction_ratings" not in landed.rows
    assert any("no satisfaction ratings" in note for note in landed.notes)
    monkeypatch.setenv("ZENDESK_CLIENT_SECRET", "zd_secret_agent")
    with pytest.raises(pipeline.SourceFailed, match="403"):
        pipeline.land("zendesk")


def test_objects_of_the_system_have_no_date_of_change() -> None:
    (users,) = (feed for feed in sources()["zendesk"].FEEDS if feed.name == "users")
    assert users.version({"updated_at": None, "created_at": "2026-05-01T00:00:00Z"}) == "2026-05-01T00:00:00Z"
    assert datetime.fromisoformat(users.version({"updated_at": None}))


def test_a_second_that_no_page_holds_is_an_error_and_no_endless_reading() -> None:
    (events,) = (feed for feed in sources()["zendesk"].FEEDS if feed.name == "ticket_events")
    follow = zendesk.Follow(*events.follow)
    page = {"end_time": 1_780_000_000, "end_of_stream": False}
    follow.update_state(Response(), [page])
    follow.update_state(Response(), [{**page, "end_time": 1_780_000_001}])
    with pytest.raises(zendesk.Stuck):
        follow.update_state(Response(), [{**page, "end_time": 1_780_000_001}])


def test_a_backfill_leaves_the_position(shop: Running) -> None:
    land("surveymonkey")
    window = Window(datetime(2026, 3, 8), datetime(2026, 3, 15))
    assert land("surveymonkey", window=window)["surveys"] > 0
    assert land("surveymonkey") == {}


def test_balances_tie_to_the_ledger(undisturbed: dict[str, Rows]) -> None:
    points = undisturbed["loyaltylion"]
    sums: dict[str, int] = {}
    for row in points["transactions"]:
        sums[row[1]] = sums.get(row[1], 0) + row[5]
    assert {row[0]: row[6] for row in points["customers"]} == {
        row[0]: sums.get(row[0], 0) for row in points["customers"]
    }


def test_when_the_days_calls_run_out_the_rest_is_read_the_day_after(
    shop: Running, undisturbed: dict[str, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, ask = api.responses, api.Account.ask
    monkeypatch.setattr(api, "responses", lambda account, survey, since: pages(account, survey, since, size=3))
    calls = 0

    def few(self: api.Account, path: str, **parameters: str) -> Response:
        nonlocal calls
        calls += 1
        if calls > 7:
            raise api.DayIsSpent(600)
        return ask(self, path, **parameters)

    monkeypatch.setattr(api.Account, "ask", few)
    landed = pipeline.land("surveymonkey")
    assert any("calls are spent" in note for note in landed.notes)
    assert 0 < landed.rows["responses"] < len(undisturbed["surveymonkey"]["responses"])
    monkeypatch.setattr(api.Account, "ask", ask)
    land("surveymonkey")
    assert content("surveymonkey") == undisturbed["surveymonkey"]


def test_a_spent_minute_is_slept_out_and_a_spent_day_ends_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("ingestion.surveymonkey.api.time.sleep", slept.append)
    budgets: Callable[[int, int], dict[str, str]] = lambda minute, day: {  # noqa: E731
        "X-Ratelimit-App-Global-Minute-Remaining": str(minute),
        "X-Ratelimit-App-Global-Minute-Reset": "17",
        "X-Ratelimit-App-Global-Day-Remaining": str(day),
        "X-Ratelimit-App-Global-Day-Reset": "5000",
    }
    answers = iter([budgets(0, 9), budgets(3, 8), budgets(2, 0)])

    class Client:
        def get(self, path: str, params: Any) -> Response:
            response = Response()
            response.status_code, response._content = 200, b"{}"
            response.headers.update(next(answers))
            return response

    account = api.Account({"base_url": "http://127.0.0.1:1", "api_version": "v3", "access_token": "x"})
    monkeypatch.setattr(account, "_client", Client())
    account.ask("surveys")
    assert slept == []
    account.ask("surveys")
    assert slept == [17]
    account.ask("surveys")
    with pytest.raises(api.DayIsSpent, match="5000 s"):
        account.ask("surveys")
    assert slept == [17]
