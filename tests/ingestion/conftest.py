"""A home of its own for each test, one small sandbox for all that talk to a vendor, and receivers of webhooks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import requests
import uvicorn

import selvage
from ingestion import pipeline
from ingestion.receiver import Receiver
from sandbox.server import Running, running

PEOPLE, DAYS = 300, 30


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> selvage.Settings:
    """An empty home; no variable of the developer's shell reaches it."""
    for name in ("SELVAGE_BRAND", "SELVAGE_ENV", "WEB_EVENTS_PATH", "SHOPIFY_START_DATE", "KLAVIYO_START_DATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path / "home"))
    return selvage.settings()


@pytest.fixture
def rows(home: selvage.Settings) -> Callable[[str], list[tuple[Any, ...]]]:
    """Ask the warehouse of this test's home."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    return ask


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox"), people=PEOPLE, days=DAYS) as server:
        yield server


@pytest.fixture
def shop(small_shop: Running, home: selvage.Settings, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The sandbox, seen from this test's home; no fault of an earlier test is left."""
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(small_shop.port))
    monkeypatch.setenv("WEB_EVENTS_PATH", str(small_shop.drops / "web_events"))
    monkeypatch.setattr("ingestion.http.BACKOFF_SECONDS", 0.01)
    for vendor in ("shopify", "klaviyo"):
        for kind in ("throttle", "error_500", "hangup", "slow", "duplicate_page", "expired_cursor"):
            small_shop.faults(vendor, kind, 0)
    return small_shop


def land(vendor: str, **named: Any) -> dict[str, int]:
    """Rows by table of one landing."""
    return dict(pipeline.land(vendor, **named).rows)


class Client:
    """A receiver in this process, without its landing, which begins with the application's lifespan."""

    def __init__(self, receiver: Receiver) -> None:
        self._transport = httpx.ASGITransport(receiver.app())

    def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://receiver") as client:
                return await client.request(method, path, **sent)

        return asyncio.run(ask())

    def post(self, path: str, **sent: Any) -> httpx.Response:
        return self._ask("POST", path, **sent)

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path)


@contextmanager
def listening(receiver: Receiver, port: int) -> Iterator[str]:
    """The address at which a receiver takes webhooks and lands them."""
    server = uvicorn.Server(uvicorn.Config(receiver.app(), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def wait_until_landed(url: str, vendor: str) -> None:
    for _ in range(600):
        if requests.get(f"{url}/health", timeout=30).json()["waiting"][vendor] == 0:
            return
        time.sleep(0.1)
    raise AssertionError("deliveries still wait")
