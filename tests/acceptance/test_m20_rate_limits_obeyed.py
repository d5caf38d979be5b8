"""M20: with r calls a window and Retry-After, no window sees more than r served calls, the wait is kept, no row is lost.

A gate of our own stands before the sandbox's Klaviyo, tells the wait and writes down when each call came, so what is
tested is the client's manners: after a refusal it must stay away as long as it was told.
"""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from sandbox.server import running
from tests.conftest import Road, clean_environment

CALLS, WINDOW, WAIT = 4, 1.0, 2


@dataclass
class Gate:
    """At most CALLS calls in any WINDOW seconds; more get a 429 that asks for WAIT seconds."""

    target: str
    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    came: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def admits(self, now: float) -> bool:
        with self.lock:
            self.came.append(now)
            admitted = sum(at > now - WINDOW for at in self.served) < CALLS
            (self.served if admitted else self.refused).append(now)
            return admitted


def handler(gate: Gate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on(None)

        def do_POST(self) -> None:
            self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

        do_DELETE = do_POST

        def _pass_on(self, body: bytes | None) -> None:
            if not gate.admits(time.monotonic()):
                self._answer(429, {"Retry-After": str(WAIT)}, b'{"errors": [{"code": "throttled"}]}')
                return
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "accept-encoding")}
            request = urllib.request.Request(gate.target + self.path, body, headers, method=self.command)
            try:
                with urllib.request.urlopen(request) as answer:
                    self._answer(answer.status, dict(answer.headers), answer.read())
            except urllib.error.HTTPError as error:
                self._answer(error.code, dict(error.headers), error.read())

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            # the links of the pages must lead through the gate too
            body = body.replace(gate.target.encode(), f"http://{self.headers['Host']}".encode())
            self.send_response_only(status)
            for name in ("Date", "Content-Type", "Retry-After"):
                value = next((v for k, v in headers.items() if k.lower() == name.lower()), None)
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing: the gate keeps its own record."""

    return Handler


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Road, Gate, str]]:
    base = tmp_path_factory.mktemp("m20")
    with running(base, seed=5, people=200, days=30) as sandbox:
        gate = Gate(sandbox.url)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(gate))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = clean_environment(base, **sandbox.environment())
        yield (
            Road(sandbox, environment, base / "sandbox" / "demo", base),
            gate,
            f"http://127.0.0.1:{server.server_port}",
        )
        server.shutdown()


def landed(home: Path) -> dict[str, int]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        tables = ("profiles", "events", "campaigns", "metrics")
        return {name: con.sql(f"select count(*) from raw_klaviyo.{name}").fetchone()[0] for name in tables}


def test_a_throttled_reading_keeps_every_wait_and_loses_no_row(small: tuple[Road, Gate, str]):
    road, gate, address = small
    road.environment["SELVAGE_BRAND"] = "complete_journey"  # another home for the same source: read without the gate
    done = road.command("ingestion", "land", "klaviyo")
    assert done.returncode == 0, done.stderr[-2000:]
    undisturbed = landed(road.home.parent / "complete_journey")

    road.environment |= {"SELVAGE_BRAND": "demo", "KLAVIYO_BASE_URL": f"{address}/klaviyo/api"}
    done = road.command("ingestion", "land", "klaviyo")
    assert done.returncode == 0, done.stderr[-2000:]
    assert landed(road.home) == undisturbed
    assert undisturbed["events"] > 1000

    assert gate.refused, "the gate refused nothing: nothing was tested"
    assert max(sum(start <= at < start + WINDOW for at in gate.served) for start in gate.served) <= CALLS
    for refused in gate.refused:
        following = [at for at in gate.came if at > refused]
        assert not following or following[0] - refused >= WAIT - 0.05, "it came back before the wait was over"
