"""Web events: what a dropped file of Segment-shaped lines becomes."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

import gzip
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion import pipeline
from ingestion.window import Window
from tests.ingestion.conftest import land


@pytest.fixture
def drops(home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "drops"
    folder.mkdir()
    monkeypatch.setenv("WEB_EVENTS_PATH", str(folder))
    return folder


def event(number: int, day: int = 1, **more: Any) -> dict[str, Any]:
    at = f"2026-06-{day:02d}T10:00:{number % 60:02d}.500Z"
    base = {
        "messageId": f"m{number}",
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": "a1",
        "receivedAt": at,
    }
    return {**base, "timestamp": at, **more}


def write(drops: Path, name: str, *lines: dict[str, Any] | str) -> None:
    path = drops / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)


def test_a_phone_tells_its_app_its_screens_and_what_opened_it(drops, rows) -> None:
    """A notification's campaign stands in the properties; the phone's token stays in its own column."""
    context = {
        "app": {"name": "Shop", "version": "4.2", "build": "7"},
        "device": {"type": "ios", "id": "d1", "token": "t1"},
    }
    campaign = {"name": "push_061", "source": "Klaviyo", "medium": "Push"}
    opened = {"event": "Push Notification Opened", "properties": {"campaign": campaign, "action": "Accept"}}
    write(
        drops,
        "2026-06-01/events-00.jsonl.gz",
        event(1, context=context, **opened),
        event(2, context=context, type="screen", event=None, name="Your cart"),
    )
    land("web_events")
    found = rows(
        "select type, page_title, campaign_name, campaign_medium, app_name, device_type, device_id, device_token, properties"
        " from raw_web_events.events order by message_id"
    )
    phone = ("Shop", "ios", "d1", "t1")
    assert [row[:-1] for row in found] == [
        ("track", None, "push_061", "Push", *phone),
        ("screen", "Your cart", None, None, *phone),
    ]
    assert json.loads(found[0][-1]) == {"action": "Accept", "context": {"app": {"build": "7"}}}
    assert "t1" not in str([row[-1] for row in found])


def test_columns_money_and_what_has_no_column(drops, rows) -> None:
    context = {
        "page": {"url": "https://shop.example/x?utm_source=tt"},
        "campaign": {"source": "tt"},
        "library": {"v": "1"},
    }
    context["consent"] = {"categoryPreferences": {"Advertising": False}}
    properties = {"order_id": "5501", "total": 54.1, "currency": "USD", "coupon": "X", "products": [{"sku": "M"}]}
    write(drops, "2026-06-01/events-00.jsonl.gz", event(1, context=context, properties=properties, integrations={}))
    land("web_events")
    found = rows(
        "select page_url, campaign_source, order_id, total_amount, products, consent_advertising, consent_analytics,"
        " properties, received_at, source_file from raw_web_events.events"
    )[0]
    assert found[:4] == ("https://shop.example/x?utm_source=tt", "tt", "5501", Decimal("54.1000"))
    assert json.loads(found[4]) == [{"sku": "M"}]
    assert found[5:7] == (False, None)
    assert json.loads(found[7]) == {"coupon": "X", "integrations": {}, "context": {"library": {"v": "1"}}}
    assert found[8:] == (datetime(2026, 6, 1, 10, 0, 1, 500_000), "2026-06-01/events-00.jsonl.gz")


def test_unknown_events_are_kept(drops, rows) -> None:
    write(drops, "a.jsonl", event(1, event="Spun the Wheel", properties={"prize": "socks"}))
    land("web_events")
    assert rows("select event, properties from raw_web_events.events") == [("Spun the Wheel", '{"prize":"socks"}')]


def test_duplicates_and_late_files_change_nothing(drops, rows) -> None:
    write(drops, "2026-06-02/events-00.jsonl.gz", event(1, day=2), event(1, day=3, event="again"), event(2, day=2))
    land("web_events")
    assert land("web_events") == {}
    write(drops, "2026-06-01/events-07.jsonl.gz", event(2, day=2), event(3))
    assert land("web_events")["events"] == 2
    found = rows("select message_id, event, received_at from raw_web_events.events order by message_id")
    assert [(key, name) for key, name, _ in found] == [(f"m{number}", "Product Viewed") for number in (1, 2, 3)]
    assert found[0][2].day == 2  # of an event sent twice in one file, the one received first


def test_bad_lines_are_put_aside_and_the_others_land(drops, rows) -> None:
    write(
        drops,
        "2026-06-01/events-00.jsonl",
        event(1),
        '{"messageId": "m2", "type": "tra',
        "",
        "[1, 2]",
        event(4, messageId=None),
        event(5, receivedAt="yesterday"),
        event(6, properties={"quantity": 1.5}),
        event(7),
    )
    landed = pipeline.land("web_events")
    assert landed.rows == {"events": 2, "_quarantine": 5}
    assert landed.notes
    aside = rows("select row_number, field from raw_web_events._quarantine order by row_number")
    assert aside == [(2, "row"), (4, "row"), (5, "message_id"), (6, "received_at"), (7, "quantity")]


def test_a_file_cut_in_the_middle_is_named(drops, rows) -> None:
    write(drops, "a.jsonl", event(1))
    whole = gzip.compress("\n".join(json.dumps(event(number)) for number in range(2, 50)).encode())
    (drops / "b.jsonl.gz").write_bytes(whole[:-30])
    landed = pipeline.land("web_events")
    assert rows("select source_file, field from raw_web_events._quarantine") == [("b.jsonl.gz", "file")]
    assert any("b.jsonl.gz" in note for note in landed.notes)
    (drops / "b.jsonl.gz").write_bytes(whole)
    land("web_events")
    assert rows("select count(*) from raw_web_events.events") == [(49,)]


def test_freshness_is_noted(drops, home) -> None:
    write(drops, "a.jsonl", event(1), event(2, day=4))
    landed = pipeline.land("web_events")
    assert landed.newest_event_at == datetime(2026, 6, 4, 10, 0, 2, 500_000)
    pipeline.land("web_events")
    read = json.loads((home.work / "reads" / "web_events.json").read_text())
    assert read["newest_event_at"] == "2026-06-04T10:00:02.500000"


def test_a_window_reads_again_what_was_received_in_it(drops, rows) -> None:
    write(drops, "2026-06-01/events-00.jsonl", event(1))
    write(drops, "2026-06-05/events-00.jsonl", event(2, day=5))
    write(drops, "2026-06-20/events-00.jsonl", event(3, day=20))
    land("web_events")
    window = Window(datetime(2026, 6, 4), datetime(2026, 6, 21))
    assert land("web_events", window=window) == {"events": 2}
    assert rows("select count(*) from raw_web_events.events") == [(3,)]
    assert land("web_events") == {}
