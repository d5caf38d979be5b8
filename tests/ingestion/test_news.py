"""What of a page is news: what differs from what is landed in more than its time of change."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import orjson
import pytest

import selvage
from ingestion.news import news
from ingestion.position import Position
from ingestion.tables import Line, page_of
from ingestion.zendesk.tables import USER_IDENTITIES, USERS

TABLES = (USERS, USER_IDENTITIES)
LATER = cast("Position", SimpleNamespace(goes_on=True))
FIRST = cast("Position", SimpleNamespace(goes_on=False))


def user(key: int, at: int = 1, *identities: dict[str, Any], **more: Any) -> Line:
    told = {"id": key, "name": "Ann", "email": None, "updated_at": f"2026-05-0{at}T00:00:00Z", "identities": identities}
    return str(key), None, 1, "users", orjson.dumps({**told, **more}).decode()


def identity(key: int, value: str = "a@example.com") -> dict[str, Any]:
    return {"id": key, "type": "email", "value": value, "verified": True, "created_at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def landed(home: selvage.Settings) -> Callable[..., None]:
    """Put lines into the raw tables of this home, as a load does."""

    def put(*lines: Line) -> None:
        home.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(home.warehouse)) as warehouse:
            warehouse.execute("create schema if not exists raw_zendesk")
            for table in TABLES:
                rows = table.reader()(page_of(lines))
                warehouse.register("rows", rows)
                warehouse.execute(f"create or replace table raw_zendesk.{table.name} as select * from rows")

    return put


def kept(*lines: Line) -> list[str]:
    """The lines that are news."""
    return list(news(LATER, "zendesk", TABLES, page_of(lines))["gid"].to_pylist())


def test_a_time_of_change_alone_is_no_news(landed: Callable[..., None]) -> None:
    landed(user(1, 1, identity(10)), user(2, 1, identity(20)), user(3, 1, identity(30)), user(4, 1, identity(40)))
    assert kept(user(1, 2, identity(10)), user(2, 2, identity(20), name="Bea"), user(5, 2)) == ["2", "5"]
    assert kept(user(3, 2, identity(30), user_fields={"of": "ours"}), user(4, 2, identity(40), email="")) == ["4"]


def test_a_user_is_judged_with_its_identities(landed: Callable[..., None]) -> None:
    """One that changed, came or went is news of the whole user: all its rows must bear one time."""
    landed(user(1, 1, identity(10), identity(11)), user(2, 1, identity(20)), user(3, 1, identity(30)))
    gone, more = user(1, 2, identity(10)), user(2, 2, identity(20), identity(21))
    assert kept(gone, more, user(3, 2, identity(30, "b@example.com"))) == ["1", "2", "3"]


def test_of_two_versions_in_one_page_both_stay_if_one_is_news(landed: Callable[..., None]) -> None:
    landed(user(1, 1, identity(10)))
    assert kept(user(1, 2, identity(10), name="Bea"), user(1, 3, identity(10))) == ["1", "1"]


def test_first_readings_backfills_and_other_kinds_are_not_judged(landed: Callable[..., None]) -> None:
    landed(user(1, 1, identity(10)))
    page = page_of([user(1, 2, identity(10)), ("7", None, 1, "tickets", "{}")])
    assert news(FIRST, "zendesk", TABLES, page) is page
    assert news(LATER, "zendesk", TABLES, page)["gid"].to_pylist() == ["7"]


def test_what_is_not_there_is_news(home: selvage.Settings, landed: Callable[..., None]) -> None:
    line = user(1, 2, identity(10))
    assert kept(line) == ["1"]  # no warehouse yet
    landed(line)
    assert kept(line) == []
    for statement in (
        "delete from raw_zendesk.user_identities",
        "alter table raw_zendesk.users drop column identity_ids",
    ):
        with duckdb.connect(str(home.warehouse)) as warehouse:
            warehouse.execute(statement)
        assert kept(line) == ["1"]
        landed(line)
