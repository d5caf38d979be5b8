"""What the sandbox's WhatsApp tells: signed, complete, as often as asked, and kept as a receiver would have kept it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from sandbox.server import Running
from tests.sandbox.conftest import Told, request, shown

LONG_AGO = "2000-01-01T00:00:00+00:00"


def call(server: Running, route: str, **asked: Any) -> Any:
    return request(f"{server.url}/whatsapp/_sandbox/{route}", {"Content-Type": "application/json"}, asked)


def signature(body: bytes) -> str:
    return "sha256=" + hmac.new(b"wa_app_secret_sandbox", body, hashlib.sha256).hexdigest()


def said(bodies: list[bytes], name: str) -> list[dict[str, Any]]:
    entries = [entry for body in bodies for entry in json.loads(body)["entry"]]
    return [one for entry in entries for change in entry["changes"] for one in change["value"].get(name, ())]


def test_tells_all_that_happened(server: Running, listener: tuple[str, Told]) -> None:
    url, told = listener
    assert call(server, "webhooks", url=url, since=LONG_AGO).json == {"200": len(told)}
    assert all(headers["x-hub-signature-256"] == signature(body) for headers, body in told)
    bodies = [body for _, body in told]
    now = server.now.replace(tzinfo=None)
    for kind, name in (("status", "statuses"), ("message", "messages"), ("preference", "user_preferences")):
        count = f"select count(*) from whatsapp_events where kind = '{kind}' and revealed_at <= '{now}'"
        assert shown(server, count) == [len(said(bodies, name))]
    statuses = said(bodies, "statuses")
    assert {one["status"] for one in statuses} == {"sent", "delivered", "read", "failed"}
    assert all(one["timestamp"].isdigit() and "recipient_user_id" not in one for one in statuses if "errors" in one)
    assert {one["pricing"]["category"] for one in statuses if "pricing" in one} == {"utility", "marketing"}
    assert all("recipient_id" in one or "recipient_user_id" in one for one in statuses)
    assert {one["type"] for one in said(bodies, "messages")} == {"text", "button"}


def test_plays_a_network(server: Running, listener: tuple[str, Told]) -> None:
    url, told = listener
    once = call(server, "webhooks", url=url, since=LONG_AGO).json["200"]
    in_order = [body for _, body in told]
    told.clear()
    assert call(server, "webhooks", url=url, since=LONG_AGO, copies=2, seed=3).json == {"200": 2 * once}
    mixed = [body for _, body in told]
    assert mixed != in_order * 2
    assert sorted(mixed) == sorted(in_order * 2)
    told.clear()
    assert call(server, "webhooks", url=url, since=f"{server.now.isoformat()}").json == {}
    assert call(server, "webhooks", url=url).status == 400


def test_asks_an_address_first(server: Running, listener: tuple[str, Told]) -> None:
    url, told = listener
    assert call(server, "subscription", url=url).json == {"status": 200, "is_subscribed": True}
    assert told[0][0]["hub.verify_token"] == "wa_verify_sandbox"


def test_lies_in_files_as_a_receiver_keeps_it(server: Running, listener: tuple[str, Told]) -> None:
    url, told = listener
    call(server, "webhooks", url=url, since=LONG_AGO)
    files = sorted((server.drops / "whatsapp").rglob("*.jsonl"))
    kept = [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
    assert [one["body"].encode() for one in kept] == [body for _, body in told]
    assert all(one["signature"] == signature(one["body"].encode()) for one in kept)
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
