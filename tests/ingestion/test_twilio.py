"""Twilio against the sandbox: what lands, what is restated, what never does, limits and broken pages."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage
from ingestion import pipeline
from ingestion.twilio import api
from ingestion.window import Window
from sandbox.server import Running, running
from tests.ingestion.conftest import DAYS, PEOPLE, land

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def shop(shop: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setattr(api, "PAGE_SIZE", 7)
    for kind in ("throttle", "expired_cursor", "duplicate_page", "error_500", "hangup"):
        shop.faults("twilio", kind, 0)
    return shop


@pytest.fixture
def own_shop(
    small_shop: Running, home: selvage.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A sandbox of the same world, whose clock this test may move."""
    (tmp_path / "own" / "vendors").mkdir(parents=True)
    for name in ("world", "truth"):
        (tmp_path / "own" / "vendors" / name).symlink_to(small_shop.home / "vendors" / name)
    with running(tmp_path / "own", people=PEOPLE, days=DAYS) as server:
        monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
        yield server


def told(shop: Running, until: datetime | None = None) -> list[tuple[Any, ...]]:
    """What the world says of each message as of the clock."""
    now = until or shop.now.replace(tzinfo=None)
    with duckdb.connect() as connection:
        return connection.execute(
            f"select sid, status, price / 100000.0::decimal(10, 1), sent_at from '{shop.world}/twilio_messages.parquet' "
            f"where revealed_at <= timestamp '{now}' "
            "qualify row_number() over (partition by sid order by version desc) = 1 order by sid"
        ).fetchall()


LANDED = "select id, status, cost_amount, sent_at from raw_twilio.messages order by id"


def test_every_message_lands_once_with_its_cost(shop: Running, rows: Ask) -> None:
    expected = told(shop)
    assert land("twilio") == {"messages": len(expected)}
    found = rows(LANDED)
    assert [row[:2] + row[3:] for row in found] == [row[:2] + row[3:] for row in expected]
    assert {row[2] for row in found} == {Decimal("0.007900"), None}
    assert rows("select distinct currency_code from raw_twilio.messages") == [("USD",)]
    assert rows("select count(*) > 3 from raw_twilio.messages where order_reference is not null") == [(True,)]
    assert land("twilio") == {}


def test_no_text_lands(shop: Running, rows: Ask) -> None:
    land("twilio")
    (everything,) = rows("select string_agg(messages::varchar) from raw_twilio.messages")[0]
    assert not any(word in everything for word in ("Thanks", "work until", "on its way"))


def test_status_and_price_are_restated_and_nothing_else_comes_again(own_shop: Running, rows: Ask) -> None:
    land("twilio")
    own_shop.advance(1)
    later = told(own_shop)
    earlier = {row[0]: row for row in told(own_shop, own_shop.now.replace(tzinfo=None) - timedelta(days=1))}
    changed = [row for row in later if earlier.get(row[0]) != row]
    assert land("twilio").get("messages", 0) == len(changed)
    assert [row[:2] for row in rows(LANDED)] == [row[:2] for row in later]


@pytest.mark.parametrize("kind", ["throttle", "expired_cursor", "duplicate_page", "error_500", "hangup"])
def test_what_goes_wrong_on_the_way_loses_and_doubles_nothing(shop: Running, rows: Ask, kind: str) -> None:
    shop.faults("twilio", kind, 1)
    land("twilio")
    assert [row[:2] for row in rows(LANDED)] == [row[:2] for row in told(shop)]


def test_a_window_reads_what_was_sent_in_it(shop: Running, rows: Ask) -> None:
    start, end = datetime(2026, 3, 10), datetime(2026, 3, 20)
    land("twilio", window=Window(start, end))
    assert [row[0] for row in rows(LANDED)] == [row[0] for row in told(shop) if start <= row[3] < end]


def test_a_wrong_token_is_one_clear_error(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    with pytest.raises(pipeline.SourceFailed, match=r"twilio: extract failed.*401"):
        pipeline.land("twilio")


def test_words_and_orders_are_told_from_texts() -> None:
    settings = {"order_pattern": r"/orders/(\d+)", "stop_words": "stop,end", "start_words": "start"}
    order, words = api.re.compile(settings["order_pattern"]), api._words(settings)
    for direction, body, expected in (
        ("inbound", " STOP ", (None, "stop")),
        ("inbound", "Please stop", (None, None)),
        ("inbound", "See https://x/orders/55", (None, None)),
        ("outbound-api", "See https://x/orders/55/status", ("55", None)),
        ("outbound-api", "stop", (None, None)),
    ):
        found = api._without_text({"direction": direction, "body": body}, order, words)
        assert (found["order_reference"], found["marketing_word"]) == expected
        assert "body" not in found
