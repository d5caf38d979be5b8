"""Web events are dropped by the day they were received, completely, once, and never written again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox.server import Running, running
from tests.sandbox.conftest import SIZE


@pytest.fixture(scope="module")
def own_server(sandbox_home: Path, server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose clock these tests may move."""
    home = tmp_path_factory.mktemp("drops")
    (home / "vendors").mkdir()
    for name in ("world", "truth"):
        (home / "vendors" / name).symlink_to(sandbox_home / "vendors" / name)
    with running(home, **SIZE) as found:
        yield found


def files(server: Running) -> dict[str, bytes]:
    folder = server.drops / "web_events"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.jsonl.gz"))}


def events(server: Running) -> list[dict[str, object]]:
    return [json.loads(line) for content in files(server).values() for line in gzip.decompress(content).splitlines()]


def received(server: Running) -> list[str]:
    query = f"select message_id from '{server.world}/web_events.parquet' where received_at < timestamp '{server.now.replace(tzinfo=None)}' order by 1"
    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute(query).fetchall()]


def test_everything_received_lies_there_once(own_server: Running) -> None:
    found = events(own_server)
    assert sorted(str(one["messageId"]) for one in found) == received(own_server)
    for name, content in files(own_server).items():
        day = name.partition("/")[0]
        assert {json.loads(line)["receivedAt"][:10] for line in gzip.decompress(content).splitlines()} == {day}


def test_lines_are_shaped_as_segment_shapes_them(own_server: Running) -> None:
    found = events(own_server)
    assert {one["type"] for one in found} == {"page", "screen", "track", "identify"}
    assert all("anonymousId" in one and "context" in one for one in found)
    assert not any(value is None for one in found for value in one.values())
    order = next(one for one in found if one.get("event") == "Order Completed")
    properties = order["properties"]
    assert isinstance(properties, dict)
    assert {"order_id", "total", "revenue", "shipping", "tax", "currency", "products"} <= set(properties)
    assert round(properties["total"] - properties["revenue"] - properties["shipping"] - properties["tax"], 2) == 0
    assert {"product_id", "sku", "price", "quantity"} <= set(properties["products"][0])
    identify = next(one for one in found if one["type"] == "identify")
    assert "@" in identify["traits"]["email"]  # type: ignore[index]


def test_the_app_tells_of_itself_and_of_no_page(own_server: Running) -> None:
    """Segment's words for phones: screens by their name, the phone with its id and, if it takes them, its token for pushes."""
    found: list[dict[str, Any]] = [one for one in events(own_server) if "app" in one["context"]]  # type: ignore[operator]
    assert found
    assert not any("page" in one["context"] or one["type"] == "page" for one in found)
    assert {one["context"]["device"]["type"] for one in found} == {"ios", "android"}
    assert len({one["context"]["device"]["id"] for one in found}) == len({one["anonymousId"] for one in found})
    assert 0 < sum("token" in one["context"]["device"] for one in found) < len(found)
    assert all(one["name"] for one in found if one["type"] == "screen")
    pushed = [one for one in found if one.get("event") == "Push Notification Opened"]
    assert {one["properties"]["campaign"]["medium"] for one in pushed} == {"Push"}
    assert not any("campaign" in one["context"] for one in pushed)


def test_lines_say_what_the_world_says(own_server: Running) -> None:
    shown = {str(one["messageId"]): one for one in events(own_server)}
    query = f"select message_id, event, url, user_id, traits_email, price_cents from '{own_server.world}/web_events.parquet' limit 3000"
    with duckdb.connect() as connection:
        for message, event, url, user, mail, cents in connection.execute(query).fetchall():
            one = shown.get(message)
            if one is None:
                continue
            assert (one.get("event"), one.get("userId")) == (event, user)
            assert one["context"].get("page", {}).get("url") == url  # type: ignore[attr-defined]
            assert one.get("traits", {}).get("email") == mail  # type: ignore[attr-defined]
            if cents is not None:
                assert round(one["properties"]["price"] * 100) == cents  # type: ignore[index]


def test_advancing_adds_files_and_touches_none(own_server: Running) -> None:
    before = files(own_server)
    own_server.advance(0.5)
    half = files(own_server)
    own_server.advance(0.5)
    after = files(own_server)
    assert all(after[name] == content for name, content in before.items())
    assert all(after[name] == content for name, content in half.items())
    assert set(before) < set(half) < set(after)
    assert sum(name.endswith("events-01.jsonl.gz") for name in after) == 1
    assert sorted(str(one["messageId"]) for one in events(own_server)) == received(own_server)


def test_the_clock_goes_forward_only_and_not_beyond_the_world(own_server: Running) -> None:
    with pytest.raises(ValueError, match="the clock stands at"):
        own_server.advance(-1)
    with pytest.raises(ValueError, match="the clock stands at"):
        own_server.advance(400)
