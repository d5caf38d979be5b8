"""The client against a local server that counts: it keeps to the limit, waits as told, and loses nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from activation.client import Client, NotFound, error_code
from activation.destination import BatchRefused, DestinationError

CALLS_PER_WINDOW, WINDOW_SECONDS = 3, 1.0


class Limited(BaseHTTPRequestHandler):
    """Takes three calls a second; more gets 429. Paths under /status/ answer with that status."""

    taken: ClassVar[list[float]] = []
    refused = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers = 200, {}
        if self.path.startswith("/status/"):
            status = int(self.path.rsplit("/", 1)[1])
        else:
            now = time.monotonic()
            recent = [at for at in self.taken if now - at < WINDOW_SECONDS]
            if len(recent) >= CALLS_PER_WINDOW:
                status, headers = 429, {"Retry-After": "1"}
                type(self).refused += 1
            else:
                self.taken.append(now)
                left = CALLS_PER_WINDOW - len(recent) - 1
                headers = {"RateLimit-Remaining": str(left), "RateLimit-Reset": str(int(WINDOW_SECONDS))}
        error = {
            "id": "e-1",
            "code": "invalid",
            "detail": "ana@example.com is wrong",
            "source": {"pointer": "/data/email"},
        }
        body = json.dumps({"data": []} if status == 200 else {"errors": [error]}).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def address() -> Iterator[str]:
    Limited.taken, Limited.refused = [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Limited)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_no_window_has_more_calls_than_allowed_and_none_is_lost(address: str) -> None:
    client = Client(address, {})
    for _ in range(8):
        assert client.call("POST", "rows", body=b"{}").status == 200
    assert len(Limited.taken) == 8
    for at in Limited.taken:
        assert sum(at <= other < at + WINDOW_SECONDS for other in Limited.taken) <= CALLS_PER_WINDOW
    assert Limited.refused == 0  # the headers were heeded, so nobody had to be refused


def test_a_client_that_is_refused_waits_as_told(address: str) -> None:
    client = Client(address, {}, limit_headers=("X-None", "X-None"))
    for _ in range(5):
        assert client.call("POST", "rows", body=b"{}").status == 200
    assert len(Limited.taken) == 5
    assert Limited.refused > 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BatchRefused), (409, BatchRefused), (413, BatchRefused), (422, BatchRefused), (404, NotFound), (410, NotFound), (401, DestinationError), (403, DestinationError)],
)  # fmt: skip
def test_errors_say_what_and_where_but_quote_nobody(address: str, status: int, kind: type[DestinationError]) -> None:
    with pytest.raises(kind) as error:
        Client(address, {}).call("POST", f"status/{status}", body=b"{}")
    assert type(error.value) is kind
    assert str(error.value) == f"POST /status/{status}: {status} invalid: email"
    if isinstance(error.value, BatchRefused):
        assert error.value.request_id == "e-1"


def test_error_codes_name_the_field() -> None:
    assert (
        error_code({"code": "invalid", "source": {"pointer": "/data/3/attributes/phone_number"}})
        == "invalid: phone_number"
    )
    assert error_code({"code": "duplicate_profile", "detail": "ana@example.com"}) == "duplicate_profile"
    assert error_code({"code": "invalid", "source": {"pointer": "/data/attributes/profiles/data/12"}}) == "invalid"
