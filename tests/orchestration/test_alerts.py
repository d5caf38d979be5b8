"""What is not well is told once, to a webhook and by mail, and once more when it is over; against receivers of our own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from aiosmtpd.controller import Controller

import selvage
from orchestration import alert_channels, alerts
from orchestration.versions import version_checks

SYNC = dg.AssetKey(["activation", "aud_buyers", "klaviyo"])
WELL = {"sent": 100, "accepted": 100, "rejected": 0, "members": 1000}


@dataclass
class Receivers:
    """A webhook and a mail server; ``status`` is what the webhook answers."""

    posts: list[str] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    status: int = 200

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"


@pytest.fixture
def receivers(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receivers]:
    (home / "work").mkdir()
    found = Receivers()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(found.status)
            self.end_headers()
            if found.status == 200:
                found.posts.append(json.loads(body)["text"])

        def log_message(self, *_: object) -> None:
            pass

    hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mail = Controller(found, hostname="127.0.0.1", port=port)
    mail.start()
    monkeypatch.setenv("ALERTS_WEBHOOK_URL", f"http://127.0.0.1:{hook.server_port}/services/T0/B0/secret")
    monkeypatch.setenv("ALERTS_SMTP_URL", f"smtp://127.0.0.1:{port}")
    monkeypatch.setenv("ALERTS_MAIL_FROM", "selvage@shop.example")
    monkeypatch.setenv("ALERTS_MAIL_TO", "data@shop.example, marketing@shop.example")
    yield found
    mail.stop()
    hook.shutdown()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def ran(
    instance: dg.DagsterInstance,
    numbers: dict[str, int] | None = None,
    *,
    error: str = "",
    fresh: bool = True,
    version: str = "",
) -> str:
    """A run of one sync behind one freshness check, with these numbers or this error; ``version``: its tool's too."""

    @dg.asset(key=SYNC)
    def sync() -> dg.MaterializeResult[Any]:
        if error:
            raise dg.Failure(error)
        return dg.MaterializeResult(metadata=dict(WELL if numbers is None else numbers))

    @dg.asset_check(asset=SYNC, name="shopify_is_fresh")
    def check() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=fresh, description="The newest event of shopify is 50.0 hours old.")

    checks = [check]
    if version:
        own = selvage.ApiVersion("2026-07-15", None, "revision")
        checks += version_checks("destination_versions", {"klaviyo": SYNC}, lambda _: own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KLAVIYO_REVISION", version)
        done = dg.materialize([sync, *checks], instance=instance, raise_on_error=False)
    assert error or done.success
    return str(done.run_id)


def told(instance: dg.DagsterInstance, run_id: str, receivers: Receivers) -> str:
    """What both channels got after this run: the same lines, or nothing."""
    before = len(receivers.posts), len(receivers.mails)
    alerts.tell(instance, run_id)
    posts, mails = receivers.posts[before[0] :], receivers.mails[before[1] :]
    assert len(posts) == len(mails) <= 1
    if not posts:
        return ""
    title, *lines = posts[0].split("\n")
    assert mails[0]["Subject"].replace("\n", "") == title
    assert mails[0]["To"] == "data@shop.example, marketing@shop.example"
    assert mails[0].get_payload(decode=True).decode().split() == " ".join(line[2:] for line in lines).split()
    return "\n".join(lines)


def test_a_good_run_tells_nothing(instance: dg.DagsterInstance, receivers: Receivers) -> None:
    assert told(instance, ran(instance), receivers) == ""


def test_a_failure_is_told_once_and_its_end_once(instance: dg.DagsterInstance, receivers: Receivers) -> None:
    first = told(instance, ran(instance, error="klaviyo refused ana@example.com: 401"), receivers)
    assert "failure, sync aud_buyers -> klaviyo: klaviyo refused ***: 401" in first
    assert told(instance, ran(instance, error="klaviyo refused: 401"), receivers) == ""
    end = told(instance, ran(instance), receivers)
    assert "well again, failure: sync aud_buyers -> klaviyo" in end
    assert told(instance, ran(instance), receivers) == ""


@pytest.mark.parametrize(("rejected", "is_told"), [(5, False), (6, True)])
def test_rejects_beyond_the_share(
    instance: dg.DagsterInstance, receivers: Receivers, rejected: int, *, is_told: bool
) -> None:
    text = told(instance, ran(instance, WELL | {"rejected": rejected}), receivers)
    assert ("rejects, aud_buyers -> klaviyo: 6 of 100 rows were rejected" in text) is is_told
    assert ("well again" in told(instance, ran(instance), receivers)) is is_told


@pytest.mark.parametrize(("members", "is_told"), [(499, True), (500, False), (1500, False), (1501, True)])
def test_a_count_off_the_mean_of_the_syncs_before(
    instance: dg.DagsterInstance, receivers: Receivers, members: int, *, is_told: bool
) -> None:
    for number in (900, 1000, 1100):
        assert told(instance, ran(instance, WELL | {"members": number}), receivers) == ""
    text = told(instance, ran(instance, WELL | {"members": members}), receivers)
    assert (
        f"count, aud_buyers -> klaviyo: {members:,} members; the 3 syncs before had 1,000 on average" in text
    ) is is_told


def test_only_the_last_syncs_make_the_mean_and_a_small_one_means_nothing(
    instance: dg.DagsterInstance, receivers: Receivers
) -> None:
    for number in (9, 90, *[200] * selvage.Alerts().count_runs):
        alerts.tell(instance, ran(instance, WELL | {"members": number}))
    assert not any("9 members" in post for post in receivers.posts)
    text = told(instance, ran(instance, WELL | {"members": 600}), receivers)
    assert "the 7 syncs before had 200 on average" in text


def test_a_source_that_is_not_fresh(instance: dg.DagsterInstance, receivers: Receivers) -> None:
    text = told(instance, ran(instance, fresh=False), receivers)
    assert text == "- stale, shopify: The newest event of shopify is 50.0 hours old."
    assert "well again, stale: shopify" in told(instance, ran(instance), receivers)


def test_a_version_whose_end_is_not_known_warns_and_stops_nothing(
    instance: dg.DagsterInstance, receivers: Receivers
) -> None:
    text = told(instance, ran(instance, version="2024-02-15"), receivers)
    assert text.startswith("- version, klaviyo: KLAVIYO_REVISION is set to another version")
    assert "well again, version: klaviyo" in told(instance, ran(instance, version="2026-07-15"), receivers)


def test_what_a_run_did_not_come_to_is_not_over(instance: dg.DagsterInstance, receivers: Receivers) -> None:
    told(instance, ran(instance, WELL | {"rejected": 50}), receivers)
    assert "well again" not in told(instance, ran(instance, error="no network"), receivers)
    assert "well again, rejects: aud_buyers -> klaviyo" in told(instance, ran(instance), receivers)


def test_a_channel_that_is_down_gets_it_later_and_the_other_not_twice(
    instance: dg.DagsterInstance,
    receivers: Receivers,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alert_channels, "ATTEMPTS", 1)
    receivers.status = 500
    alerts.tell(instance, ran(instance, error="no network"))
    assert (len(receivers.posts), len(receivers.mails)) == (0, 1)
    assert "the webhook answered HTTPError 500" in caplog.text
    assert "secret" not in caplog.text
    receivers.status = 200
    alerts.tell(instance, ran(instance, error="no network"))
    assert (len(receivers.posts), len(receivers.mails)) == (1, 1)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b'{"webhook": {"fail',
        b"\xff\xfe",
        b"[]",
        b'{"webhook": []}',
        b'{"webhook": {"failure: x": {"text": "old"}}}',
    ],
)
def test_a_broken_memory_is_begun_anew_with_a_warning(
    instance: dg.DagsterInstance, receivers: Receivers, caplog: pytest.LogCaptureFixture, broken: bytes
) -> None:
    file = selvage.settings().work / alerts.MEMORY
    file.write_bytes(broken)
    assert "no network" in told(instance, ran(instance, error="no network"), receivers)
    assert "alerts.json can't be read" in caplog.text
    assert "begun anew" in caplog.text
    assert told(instance, ran(instance, error="no network"), receivers) == "", "the new memory holds"


def test_no_channel_no_memory(instance: dg.DagsterInstance, home: Path) -> None:
    assert alerts.tell(instance, ran(instance, error="no network")) == []
    assert not (home / "work" / alerts.MEMORY).exists()


def test_mail_without_addresses_names_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS_SMTP_URL", "smtp://127.0.0.1")
    with pytest.raises(selvage.MissingSettings, match="ALERTS_MAIL_FROM, ALERTS_MAIL_TO"):
        alert_channels.configured()
