"""WhatsApp: only what the app signed is kept and landed; told twice, late and in any order, it makes the same rows."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import numpy as np
import orjson
import pytest

import selvage
from ingestion import connect, delivered, pipeline
from ingestion.deliveries import Refused
from ingestion.receiver import Receiver
from ingestion.sources import whatsapp as source
from ingestion.whatsapp.webhooks import rows as rows_of
from ingestion.whatsapp.webhooks import signature, verified
from ingestion.window import Window
from sandbox.server import Running
from tests.ingestion.conftest import land

SECRET = "hush"
NUMBER = {"phone_number_id": "106"}
ANN = {"profile": {"name": "Ann Lee"}, "wa_id": "15550100", "user_id": "US.1"}


@pytest.fixture
def folder(home: selvage.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("PATH", str(tmp_path / "told")), ("APP_SECRET", SECRET), ("VERIFY_TOKEN", "our word")):
        monkeypatch.setenv(f"WHATSAPP_{name}", value)
    return tmp_path / "told"


@pytest.fixture
def settings(folder: Path) -> dict[str, str]:
    return selvage.vendor("whatsapp", {**source.SETTINGS, **source.WEBHOOK_SETTINGS})


def body(field: str = "messages", **value: Any) -> bytes:
    change = {"value": {"messaging_product": "whatsapp", "metadata": NUMBER, **value}, "field": field}
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"id": "7", "changes": [change]}]})


def status(word: str = "sent", at: str = "1777000000", **more: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "status": word, "timestamp": at, "recipient_id": "15550100", **more}


def signed(content: bytes, key: str = SECRET) -> dict[str, Any]:
    return {"content": content, "headers": {"x-hub-signature-256": signature(key, content)}}


def line(content: bytes, given: str | None = None) -> str:
    kept = {"received_at": "2026-04-24T04:00:00Z", "signature": given or signature(SECRET, content)}
    return orjson.dumps({**kept, "body": content.decode()}).decode()


def ask(receiver: Receiver, *requests: tuple[str, dict[str, Any]]) -> list[httpx.Response]:
    """The receiver in this process, without its landing."""

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(receiver.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            return [await client.request(method, "/webhooks/whatsapp", **sent) for method, sent in requests]

    return asyncio.run(all_of_them())


def test_the_signature_is_that_of_the_raw_body(settings: dict[str, str]) -> None:
    # computed by `openssl dgst -sha256 -hmac hush`
    content = b'{"object":"whatsapp_business_account","entry":[]}'
    given = "sha256=81acc92802d4f431f60204b2295abf3ddeee6f7cf1c5738c7c6673f3d969dd09"
    assert verified({"x-hub-signature-256": given}, content, settings).id == given
    assert verified({"x-hub-signature-256": given}, content, {**settings, "app_secret": f"new, {SECRET}"}).body
    for headers, told in (
        ({"x-hub-signature-256": given}, content + b" "),
        ({}, content),
        ({"x-hub-signature-256": "ä"}, content),
    ):
        with pytest.raises(Refused, match="wrong_signature"):
            verified(headers, told, settings)
    with pytest.raises(Refused, match="wrong_signature"):
        verified({"x-hub-signature-256": signature("", content)}, content, {**settings, "app_secret": ","})


def test_the_receiver_answers_the_challenge_only_to_who_knows_the_word(folder: Path) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158", "hub.verify_token": "our word"}
    receiver = Receiver({"whatsapp": source})
    right, wrong, none = ask(
        receiver,
        ("GET", {"params": asked}),
        ("GET", {"params": {**asked, "hub.verify_token": "theirs"}}),
        ("GET", {"params": {"hub.challenge": "1158"}}),
    )
    assert (right.status_code, right.text) == (200, "1158")
    assert [wrong.status_code, none.status_code] == [403, 403]
    assert "1158" not in wrong.text + none.text


def test_what_is_not_signed_is_refused_and_a_replay_is_kept_once(folder: Path) -> None:
    told, other = body(statuses=[status()]), body(statuses=[status("read")])
    sent = [signed(told), signed(told, "theirs"), {"content": told}, signed(b"no json"), signed(b"[]"), signed(told)]
    receiver = Receiver({"whatsapp": source})
    assert [one.status_code for one in ask(receiver, *(("POST", one) for one in sent))] == [
        200,
        401,
        401,
        400,
        400,
        200,
    ]
    # a receiver that was started anew remembers
    assert [one.status_code for one in ask(Receiver({"whatsapp": source}), ("POST", signed(told)))] == [200]
    ask(receiver, ("POST", signed(other)))
    (file,) = source.journal({"path": str(folder)}).files()
    assert len(file.read_bytes().splitlines()) == 2
    assert file.stat().st_mode & 0o077 == 0


def test_what_cannot_be_kept_is_not_answered_200_and_leaves_no_half_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    receiver = Receiver({"whatsapp": source})
    ask(receiver, ("POST", signed(body(statuses=[status()]))))
    (file,) = source.journal({"path": str(folder)}).files()
    before, later = file.read_bytes(), signed(body(statuses=[status("read")]))
    monkeypatch.setattr(os, "fsync", full)
    assert ask(receiver, ("POST", later))[0].status_code == 503
    assert file.read_bytes() == before
    monkeypatch.setattr(os, "fsync", lambda _: None)
    file.write_bytes(before + b'{"received_at": "20')  # the machine stopped in the middle of a line
    assert ask(receiver, ("POST", later))[0].status_code == 200
    first, cut, last = file.read_bytes().splitlines()
    assert (first + b"\n", cut) == (before, b'{"received_at": "20')
    assert orjson.loads(last)["body"].encode() == later["content"]


def test_columns_of_all_three_tables(folder: Path, rows: Callable[[str], list[tuple[Any, ...]]]) -> None:
    price = {"billable": True, "pricing_model": "PMP", "category": "marketing", "type": "regular"}
    ours = '{"campaign":"spring","template":"sale"}'
    write(
        folder,
        line(body(contacts=[ANN], statuses=[status(recipient_user_id="US.1", pricing=price, biz_opaque_callback_data=ours)])),
        line(body(statuses=[status("failed", errors=[{"code": 131026}], biz_opaque_callback_data="summer")])),
        line(body(statuses=[status("sent", recipient_type="group", recipient_id="g1")])),
        line(
            body(
                contacts=[{k: v for k, v in ANN.items() if k != "wa_id"}],
                messages=[
                    {"from_user_id": "US.1", "id": "a1", "timestamp": "1777000001", "type": "button",
                     "button": {"text": "Show me"}, "context": {"id": "wamid.1"}},
                    {"from_user_id": "US.1", "id": "a2", "timestamp": "1777000002", "type": "text",
                     "text": {"body": " Stop "}, "referral": {"source_type": "ad", "source_id": "2385", "ctwa_clid": "ARAk"}},
                    {"from_user_id": "US.1", "id": "a3", "timestamp": "1777000003", "type": "text",
                     "text": {"body": "Please don't stop"}},
                ],
            )
        ),
        line(body("user_preferences", user_preferences=[
            {"wa_id": "15550100", "category": "marketing_messages", "value": "stop", "timestamp": 1777000004}])),
    )  # fmt: skip
    assert land("whatsapp") == {"statuses": 2, "messages": 3, "preferences": 1}
    at = datetime(2026, 4, 24, 3, 6, 40)
    assert rows(
        "select id, status, occurred_at, wa_id, user_id, profile_name, campaign_name, template_name, is_billable, "
        "pricing_category, error_code, account_id, phone_number_id from raw_whatsapp.statuses order by id"
    ) == [
        ("wamid.1:failed", "failed", at, "15550100", None, None, "summer", None, None, None, "131026", "7", "106"),
        (
            "wamid.1:sent",
            "sent",
            at,
            "15550100",
            "US.1",
            "Ann Lee",
            "spring",
            "sale",
            True,
            "marketing",
            None,
            "7",
            "106",
        ),
    ]
    assert rows(
        "select id, wa_id, user_id, profile_name, answers_message_id, is_tap, marketing_word, referral_id, click_id "
        "from raw_whatsapp.messages order by id"
    ) == [
        ("a1", None, "US.1", "Ann Lee", "wamid.1", True, None, None, None),
        ("a2", None, "US.1", "Ann Lee", None, False, "stop", "2385", "ARAk"),
        ("a3", None, "US.1", "Ann Lee", None, False, None, None, None),
    ]
    assert rows("select category, preference, wa_id from raw_whatsapp.preferences") == [
        ("marketing_messages", "stop", "15550100")
    ]


def write(folder: Path, *lines: str, name: str = "2026-04-24/received-04.jsonl") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{one}\n" for one in lines))
    return file


def test_a_line_that_whatsapp_has_not_sent_is_named_and_stops_no_other(
    folder: Path, settings: dict[str, str], rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    told = body(statuses=[status()])
    forged = body(statuses=[status("read", recipient_id="19990100")])
    write(folder, "no json", line(forged, signature("theirs", forged)), line(body(statuses=[{}])), line(told), '{"bo')
    landed = pipeline.land("whatsapp")
    assert dict(landed.rows) == {"statuses": 1}
    name = "2026-04-24/received-04.jsonl"
    assert [note.partition(":")[0] for note in landed.notes] == [f"{name}, row {number}" for number in (1, 2, 3, 5)]
    assert "WHATSAPP_APP_SECRET" in landed.notes[1]
    assert "19990100" not in " ".join(landed.notes)
    failing = [finding for finding in source.probe(settings) if not finding.is_ok]
    assert [finding.check for finding in failing] == ["deliveries"]


def test_only_what_is_new_or_has_grown_is_read_and_a_window_reads_again(folder: Path) -> None:
    first = line(body(statuses=[status()]))
    write(folder, first)
    assert land("whatsapp") == {"statuses": 1}
    assert land("whatsapp") == {}
    write(folder, first, line(body(statuses=[status("read")])))
    write(folder, line(body(statuses=[status("delivered")])), name="2026-04-24/received-05.jsonl")
    assert land("whatsapp") == {"statuses": 3}
    assert land("whatsapp", window=Window(datetime(2026, 4, 24), datetime(2026, 4, 25))) == {"statuses": 3}
    assert land("whatsapp", window=Window(datetime(2026, 4, 25), datetime(2026, 4, 26))) == {}
    assert connect.tables("whatsapp", datetime(2026, 4, 24)) == {"statuses": 3, "messages": 0, "preferences": 0}


def test_what_the_receiver_took_in_any_order_and_twice_lands_as_if_told_in_order(
    folder: Path, shop: Running, monkeypatch: pytest.MonkeyPatch, rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    """The sandbox's deliveries, shuffled and doubled, beside what the world says was told."""
    monkeypatch.setenv("WHATSAPP_APP_SECRET", "wa_app_secret_sandbox")
    drops = source.journal({"path": str(shop.drops / "whatsapp")})
    told = [orjson.loads(one)["body"].encode() for file in drops.files() for one in file.read_bytes().splitlines()]
    order = np.random.default_rng(5).permutation(np.repeat(np.arange(len(told)), 2))
    receiver = Receiver({"whatsapp": source})
    sent = [("POST", signed(told[place], "wa_app_secret_sandbox")) for place in order]
    assert {one.status_code for one in ask(receiver, *sent)} == {200}
    bodies = len(set(told))  # WhatsApp itself tells some things twice
    assert receiver.counts == {"whatsapp kept": bodies, "whatsapp seen_before": len(sent) - bodies}
    assert receiver.land("whatsapp")
    assert not delivered.mailbox("whatsapp").waiting()
    now = shop.now.replace(tzinfo=None)
    with duckdb.connect() as connection:
        expected = connection.execute(
            f"select distinct message_id, status, occurred_at, wa_id, user_id from '{shop.world}/whatsapp_events.parquet' "
            f"where kind = 'status' and revealed_at <= timestamp '{now}' order by all"
        ).fetchall()
    assert len(expected) > 20
    assert (
        rows("select message_id, status, occurred_at, wa_id, user_id from raw_whatsapp.statuses order by all")
        == expected
    )
    assert rows("select count(*) from raw_whatsapp.messages where marketing_word = 'start'") > [(5,)]
    assert land("whatsapp") == {}
    with duckdb.connect(str(selvage.settings().warehouse), read_only=True) as warehouse:
        texts = warehouse.execute("select string_agg(messages::varchar) from raw_whatsapp.messages").fetchone()
    assert "linen" not in str(texts)


def test_a_status_of_nobody_keeps_its_place(settings: dict[str, str]) -> None:
    (found,) = rows_of(line(body(statuses=[{"id": "m", "status": "failed", "timestamp": "1777000000"}])), settings)
    assert (found[1]["wa_id"], found[1]["user_id"]) == (None, None)
