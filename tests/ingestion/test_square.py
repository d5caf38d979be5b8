"""Square's quirks: cursors by POST and GET, ten locations a search, empty answers, errors in a good status, backfills."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

import selvage
from ingestion import pipeline
from ingestion.sources import square
from ingestion.square import api, feeds
from ingestion.window import Window
from sandbox.server import Running, running
from tests.ingestion.conftest import land

DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Few people go to a store: a world large enough for returns."""
    with running(tmp_path_factory.mktemp("stores"), people=1_200, days=40) as server:
        yield server


@pytest.fixture
def till(stores: Running, home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(stores.port))
    monkeypatch.setattr("ingestion.http.BACKOFF_SECONDS", 0.01)
    for kind in ("throttle", "error_500", "hangup", "slow", "duplicate_page", "expired_cursor"):
        stores.faults("square", kind, 0)
    return stores


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every list in pages of twenty, so that a small world has cursors."""
    pages = api.pages

    def few(client: Any, request: api.Request) -> Any:
        return pages(client, api.Request(request.path, {**request.query, "limit": 20}, request.is_post))

    monkeypatch.setattr(api, "pages", few)


def content(home: selvage.Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the raw tables, the load's id left out."""
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        tables = warehouse.execute(
            "select table_name from information_schema.tables where table_schema = 'raw_square' "
            "and not starts_with(table_name, '_dlt')"
        ).fetchall()
        rows = "select columns(c -> c <> '_dlt_load_id') from raw_square.{} order by all"
        return {table: warehouse.execute(rows.format(table)).fetchall() for (table,) in tables}


def test_small_pages_and_expired_cursors_bring_the_same(
    till: Running, home: selvage.Settings, small_pages: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    till.faults("square", "expired_cursor", 2)
    till.faults("square", "throttle", 2)
    land("square")
    pieces = content(home)
    monkeypatch.undo()
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(till.port))
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path / "whole"))
    landed = land("square")
    assert pieces == content(selvage.settings())
    assert {table: len(found) for table, found in pieces.items()} == landed
    assert landed["orders"] > 30
    assert landed["payments"] > 20
    assert landed["locations"] == 2


def test_nothing_comes_twice_and_a_backfill_leaves_the_position(
    till: Running, home: selvage.Settings, rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    land("square")
    assert land("square") == {}
    before = pipeline.pipeline("square").state["sources"]["square"]
    window = Window(datetime(2026, 3, 5), datetime(2026, 3, 16))
    again = land("square", window=window)
    inside = "select count(*) from raw_square.orders where updated_at >= '2026-03-05' and updated_at < '2026-03-16'"
    assert [(again["orders"],)] == rows(inside)
    assert pipeline.pipeline("square").state["sources"]["square"] == before
    assert land("square") == {}


def test_both_stores_are_read_and_returns_know_their_sale(
    till: Running, home: selvage.Settings, rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    """Square's own default is the main location."""
    land("square")
    for table in ("orders", "payments", "refunds", "inventory_counts"):
        assert rows(f"select count(distinct location_id) from raw_square.{table}") == [(2,)], table
    assert rows(
        "select count(*) > 0, count(*) - count(sold.id) from raw_square.order_return_lines as returned "
        "left join raw_square.order_lines as sold "
        "on returned.source_order_id = sold.order_id and returned.source_line_item_uid = sold.uid "
        "where returned.source_order_id is not null"
    ) == [(True, 0)]


def test_at_most_ten_locations_are_searched_at_once() -> None:
    span = feeds.Span(None, NOW, tuple(f"L{number:02}" for number in range(23)))
    (orders,) = (feed for feed in feeds.FEEDS if feed.name == "orders")
    asked = [request.query["location_ids"] for request in orders.requests(span)]
    assert [len(some) for some in asked] == [10, 10, 3]
    assert sorted(one for some in asked for one in some) == list(span.locations)


def test_the_moment_itself_is_asked_for_again() -> None:
    """Square's catalogue leaves out what changed at begin_time: the question starts a second earlier."""
    (catalog,) = (feed for feed in feeds.FEEDS if feed.name == "catalog")
    (request,) = catalog.requests(feeds.Span(NOW, NOW + DAY, ()))
    assert request.query["begin_time"] == "2026-05-31T23:59:59Z"
    assert request.query["include_deleted_objects"] is True


class Answers:
    """A client that gives one page."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def paginate(self, *_: Any, **__: Any) -> list[list[dict[str, Any]]]:
        return [[self.document]]


def test_an_empty_list_may_lack_its_key() -> None:
    assert list(api.items(Answers({}), api.Request("refunds"), "refunds")) == []


def test_errors_in_a_good_status_are_no_data() -> None:
    document = {"orders": [{"id": "1"}], "errors": [{"code": "INTERNAL_SERVER_ERROR", "detail": "ana@example.com"}]}
    with pytest.raises(api.Refused, match="INTERNAL_SERVER_ERROR") as refused:
        list(api.items(Answers(document), api.Request("orders/search"), "orders"))
    assert "ana@" not in str(refused.value)


def test_the_probe_tells_a_wrong_token_from_a_good_one(till: Running, home: selvage.Settings) -> None:
    settings = selvage.vendor("square", square.SETTINGS)
    good = list(square.probe(settings))
    assert all(finding.is_ok for finding in good)
    assert set(square.SCOPES) <= {finding.check for finding in good}
    (bad,) = square.probe({**settings, "access_token": "wrong"})
    assert not bad.is_ok
    assert "token" in bad.next_step


def test_a_count_knows_what_square_tells(till: Running, home: selvage.Settings) -> None:
    found = square.count(selvage.vendor("square", square.SETTINGS), datetime(2026, 1, 1))
    assert set(found) == set(square.source().selected_resources)
    assert found["locations"] == 2
    assert (found["customers"] or 0) > 10
    assert found["orders"] is None


def test_the_version_is_sent(till: Running, home: selvage.Settings) -> None:
    settings = selvage.vendor("square", {**square.SETTINGS, "version": "no date"})
    answer = api.client_of(settings).get("locations")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "INVALID_SQUARE_VERSION_FORMAT")
