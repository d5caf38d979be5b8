"""The webhook destination against the sandbox's receiver: the members it believes in are those we want."""

from __future__ import annotations

import json
import random
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

import selvage
from activation import sync
from activation.client import Client
from activation.destination import Audience, BatchRefused, BatchTooLarge, Contact, DestinationError, Evidence, Member
from activation.destinations import webhook
from sandbox.server import Running, running
from tests.activation import checks
from tests.activation.world import AUDIENCE, World
from tests.sandbox.conftest import request

SEED, PEOPLE, DAYS = 3, 200, 30
SECRET = "whsec_c2VsdmFnZS1zYW5kYm94LXdlYmhvb2stc2VjcmV0"


@dataclass
class Shop:
    world: World
    server: Running
    monkeypatch: pytest.MonkeyPatch
    sent: list[dict[str, Any]] = field(default_factory=list)

    def answers(self, kind: str) -> None:
        self.monkeypatch.setenv("WEBHOOK_URL", f"{self.server.url}/webhook/{kind}")

    def believed(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.server.url}/webhook/_sandbox/members") as answer:
            return dict(json.load(answer))

    def rows(self, audience: str = AUDIENCE) -> dict[str, dict[str, Any]]:
        return dict(self.believed()["audiences"].get(audience, {}))

    def held(self) -> dict[str, str]:
        return {row["email"]: row["properties"]["last_product_sku"] for row in self.rows().values()}

    def connection(self, channel: str = "email") -> webhook.Connection:
        audience = Audience(AUDIENCE, "", "marketing", channel, "webhook")
        return webhook.connect(selvage.vendor("webhook", webhook.SETTINGS), audience)

    def run(self) -> sync.SyncResult:
        return sync.apply(sync.plan(AUDIENCE, "webhook"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("vendors"), seed=SEED, people=PEOPLE, days=DAYS) as found:
        yield found


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    world.destinations = ("webhook",)
    shop = Shop(world, server, monkeypatch)
    if left := shop.rows():
        webhook.remove(shop.connection(), [Member(name, Contact()) for name in left], forget)
    return shop


def forget(_job_id: str) -> None: ...


def member(number: int, email: str | None = None) -> Member:
    return Member(f"c_{number}", Contact(email=email or f"{number}@example.com"), {"last_product_sku": "SKU-1"})


def body(number: int = 1, name: str = "replay") -> bytes:
    rows = [{"customer_id": f"c_{number}", "email": f"{number}@example.com", "properties": {}}]
    return json.dumps({"type": "audience.members.add", "audience": name, "rows": rows}).encode()


@pytest.mark.parametrize("kind", ["rows", "batch", "counts", "later"])
def test_add_move_remove_and_bad_rows(shop: Shop, kind: str) -> None:
    shop.answers(kind)
    shop.world.people(range(60))
    shop.world.contacts["c_0007"] = ("c_0007@bounced.example", None)
    shop.world.contacts["c_0033"] = ("c_0033@bounced.example", None)
    shop.world.publish()
    first = shop.run()
    wanted = {email: sku for email, sku in shop.world.wanted().items() if "bounced" not in email}
    assert shop.held() == wanted
    statuses = {row["customer_id"]: row["status"] for row in shop.world.ledger_rows("webhook")}
    if kind == "later":  # it never says, so nobody can know
        assert set(statuses.values()) == {"accepted_unverified"}
    else:
        assert (first.accepted, first.rejected) == (58, 2)
        assert {name for name, status in statuses.items() if status == "rejected"} == {"c_0007", "c_0033"}
        told = {"rows": "invalid_email", "batch": "webhook: 422", "counts": "rejected by the receiver"}
        assert first.rejected_reasons == {told[kind]: 2}
        expected = "accepted_unverified" if kind == "counts" else "acknowledged"
        assert set(statuses.values()) == {expected, "rejected"}
    assert all(row["request_id"].startswith("msg_") for row in shop.world.ledger_rows("webhook"))
    shop.world.people(range(20, 70))
    shop.world.members["c_0040"] = "SKU-9"
    shop.world.contacts["c_0041"] = ("moved@example.com", None)
    shop.world.contacts["c_0033"] = ("mended@example.com", None)
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.world.wanted()
    messages = shop.believed()["messages"]
    shop.world.publish()
    assert shop.run().sent == 0
    assert shop.believed()["messages"] == messages


@pytest.mark.parametrize("kind", ["throttle", "error_500", "hangup"])
def test_faults_neither_lose_nor_double(shop: Shop, kind: str) -> None:
    """A hang-up comes after the receiver did the message: the next try has its id, and gets the answer again."""
    before = shop.believed()["messages"]
    shop.world.people(range(30))
    shop.world.publish()
    shop.server.faults("webhook", kind, 2)
    result = shop.run()
    assert (result.accepted, result.rejected) == (30, 0)
    assert shop.held() == shop.world.wanted()
    assert shop.believed()["messages"] == before + 1


def test_every_try_is_signed_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """After long waits the first signature would be too old."""
    from requests.adapters import HTTPAdapter

    clock, tries, send = [time.time() - 500], [], HTTPAdapter.send

    def noted(self: HTTPAdapter, sent: Any, **given: Any) -> Any:
        tries.append(dict(sent.headers))
        clock[0] += 250
        return send(self, sent, **given)

    monkeypatch.setattr(HTTPAdapter, "send", noted)
    monkeypatch.setattr(webhook.time, "time", lambda: clock[0])
    shop.server.faults("webhook", "throttle", 2)
    assert webhook.add(shop.connection(), [member(1)], forget)[0].status == "acknowledged"
    assert len(tries) == 3
    assert len({one["webhook-id"] for one in tries}) == 1
    assert len({one["webhook-signature"] for one in tries}) == 3


def test_the_receiver_refuses_what_is_forged_old_or_replayed(shop: Shop) -> None:
    url, now, key = f"{shop.server.url}/webhook/rows", int(time.time()), f"msg_{random.random()}"

    def post(content: bytes, headers: dict[str, str]) -> Any:
        return request(url, {**headers, "Content-Type": "application/json"}, content)

    signed = webhook.signature(SECRET, key, now, body())
    other = webhook.signature("whsec_" + "QUJD" * 8, "msg_2", now, body())
    assert [post(body(), other).status, post(body(2), signed).status, post(body(), {}).status] == [401, 401, 401]
    assert post(body(), {**signed, "webhook-timestamp": str(now + 1)}).status == 401
    for late in (now - 301, now + 330):
        assert post(body(), webhook.signature(SECRET, "msg_3", late, body())).json == {"error": "too_old"}
    assert "replay" not in shop.believed()["audiences"]
    first = post(body(), signed)
    assert first.status == 200
    done = shop.believed()["messages"]
    assert post(body(), signed).body == first.body
    assert post(body(), webhook.signature(SECRET, key, now + 2, body())).body == first.body
    assert post(body(2), webhook.signature(SECRET, key, now, body(2))).status == 409
    assert shop.believed()["messages"] == done
    assert set(shop.rows("replay")) == {"c_1"}
    taken = json.dumps({"type": "audience.members.remove", "audience": "replay", "rows": [{"customer_id": "c_1"}]})
    assert post(taken.encode(), webhook.signature(SECRET, f"{key}-", now, taken.encode())).status == 200
    assert post(body(), signed).body == first.body  # who recorded the first message can't bring the member back
    assert shop.rows("replay") == {}


def test_two_secrets_while_they_change(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", f"whsec_{'QUJD' * 8} {SECRET}")
    assert webhook.add(shop.connection(), [member(1)], forget)[0].status == "acknowledged"


def test_a_row_says_all_there_is(shop: Shop) -> None:
    contact = Contact(email=" Ana.Lima@Example.com", phone="(212) 555-0100", given_name="Ana", country_code="usa")
    one = Member(
        "c_1", contact, {"amount": Decimal("12.5000"), "none": None}, evidence=Evidence("consent-1", "2026-01")
    )
    webhook.add(shop.connection("ads"), [one], forget)
    assert shop.rows()["c_1"] == {
        "customer_id": "c_1", "email": "ana.lima@example.com", "phone": "+12125550100", "given_name": "Ana",
        "family_name": None, "city": None, "region_code": None, "postal_code": None, "country_code": "US",
        "properties": {"amount": 12.5, "none": None},
        "consent": {"evidence_id": "consent-1", "policy_version": "2026-01", "as_of": None},
    }  # fmt: skip


def test_only_the_channels_contact_points_leave(shop: Shop) -> None:
    shop.world.people([1])
    shop.world.contacts["c_0001"] = ("c_0001@example.com", "+12125550101")
    shop.world.publish()
    shop.run()
    assert "phone" not in shop.rows()["c_0001"]


def test_who_has_no_usable_address_is_rejected_unsent(shop: Shop) -> None:
    before = shop.believed()["messages"]
    outcomes = webhook.add(shop.connection(), [member(1, "nobody")], forget)
    assert (outcomes[0].status, outcomes[0].reason) == ("rejected", "no usable email")
    assert shop.believed()["messages"] == before


def test_a_batch_over_the_size_is_halved(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "MAX_BYTES", 3000)
    with pytest.raises(BatchTooLarge):
        webhook.add(shop.connection(), [member(n) for n in range(40)], forget)
    shop.world.people(range(40))
    shop.world.publish()
    assert shop.run().accepted == 40
    assert shop.held() == shop.world.wanted()


def test_a_killed_run_is_finished_by_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.world.people(range(10))
    shop.world.publish()
    call = Client.call

    def dies(self: Client, method: str, path: str, **given: Any) -> Any:
        call(self, method, path, **given)
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "call", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(Client, "call", call)
    assert len(shop.held()) == 10
    shop.world.people(range(1, 10))
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.world.wanted()


def test_no_address_in_any_log_or_error(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.no_address_is_in_any_log_or_error(shop, caplog, monkeypatch, "webhook", "secret@bounced.example")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("WEBHOOK_SECRET", "whsec_" + "QUJD" * 8, "401 the receiver refuses the signature"),
        ("WEBHOOK_SECRET", "short", "WEBHOOK_SECRET must be whsec_"),
        ("WEBHOOK_URL", "http://shop.example.com/hook", "WEBHOOK_URL must begin with https"),
        ("WEBHOOK_URL", "{server}/webhook/nothing-s3cret", "404 there is nothing at WEBHOOK_URL"),
        ("WEBHOOK_URL", "http://127.0.0.1:9/hook/s3cret", "webhook: ConnectionError"),
    ],
)
def test_a_wrong_setting_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setattr("activation.client.ATTEMPTS", 1)
    monkeypatch.setenv(variable, value.replace("{server}", shop.server.url))
    shop.world.people([1])
    shop.world.publish()
    with pytest.raises(DestinationError, match=words) as error:
        shop.run()
    assert type(error.value) is not BatchRefused
    assert "s3cret" not in str(error.value)  # people keep secrets in the path of a webhook
    assert shop.world.ledger_rows("webhook") == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"results": [{"customer_id": "c_9", "status": "rejected"}]}, "names no row that was sent"),
        ({"results": [{"customer_id": "c_1", "status": "perhaps"}]}, "not accepted or rejected"),
        ({"accepted": 1, "rejected": 0}, r"counted 1 \+ 0 of the 2 rows"),
    ],
)
def test_an_answer_that_does_not_tie_stops_the_run(answer: dict[str, Any], words: str) -> None:
    with pytest.raises(DestinationError, match=words):
        webhook._outcomes(webhook.Reply(200, answer, None), "msg_1", ["c_1", "c_2"])


def test_a_reason_that_quotes_an_address_is_not_kept() -> None:
    results = [{"customer_id": "c_1", "status": "rejected", "reason": "ana@example.com bounced"}]
    found = webhook._outcomes(webhook.Reply(200, {"results": results}, None), "msg_1", ["c_1", "c_2"])
    assert found is not None
    assert (found["c_1"].reason, found["c_2"].status) == ("rejected by the receiver", "acknowledged")


def test_no_redirect_is_followed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests
    from requests.adapters import HTTPAdapter

    def elsewhere(_self: HTTPAdapter, sent: Any, **_given: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 307, sent.url, sent
        answer.headers["Location"], answer.raw = (
            "https://elsewhere.example/hook",
            type(
                "Raw",
                (),
                {
                    "release_conn": lambda s: None,
                    "close": lambda s: None,
                    "read": lambda s, *a, **k: b"",
                    "_original_response": None,
                },
            )(),
        )
        return answer

    monkeypatch.setattr("activation.client.ATTEMPTS", 1)
    monkeypatch.setattr(HTTPAdapter, "send", elsewhere)
    with pytest.raises(DestinationError, match="webhook: TooManyRedirects"):
        webhook.add(shop.connection(), [member(1)], forget)
