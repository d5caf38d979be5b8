"""The Meta destination against the sandbox's server: the rows its audience holds are those of the members we want."""

from __future__ import annotations

import functools
import hashlib
import json
import random
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

import selvage
from activation import sync
from activation.client import Client
from activation.destination import Audience, Contact, DestinationError, Member
from activation.destinations import meta
from sandbox.server import Running
from tests.activation import checks
from tests.activation.world import AUDIENCE, World


@dataclass
class Shop:
    """A world routed to Meta's sandbox, everything that left for it, and every wait (none is slept)."""

    world: World
    server: Running
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    """Address with parameters, and body."""
    waits: list[float] = field(default_factory=list)

    def told(self, path: str = "") -> dict[str, Any]:
        """What the sandbox's Meta believes of its audiences; no API of Meta tells that."""
        with urllib.request.urlopen(f"{self.server.url}/meta/_sandbox/audiences{path}") as answer:
            return dict(json.load(answer))

    def held(self) -> dict[str, dict[str, list[str]]]:
        """Customer -> key -> values, of the rows that the audience holds."""
        found = [one for one in self.told()["audiences"] if one["name"] == "Selvage: cart abandoners"]
        rows = self.told(f"/{found[0]['audience_id']}")["rows"] if found else []
        return {row["extern_id"]: {k: v for k, v in row["keys"].items() if k != "EXTERN_ID"} for row in rows}

    def wanted(self) -> dict[str, dict[str, list[str]]]:
        """The same, computed here from the rules: hashes of the address, and of the number without its plus."""
        wanted: dict[str, dict[str, list[str]]] = {}
        seen: set[tuple[str | None, str | None]] = set()
        for customer in sorted(self.world.members):
            email, phone = self.world.contacts.get(customer, (None, None))
            if customer in self.world.suppressed or (email, phone) in {(None, None), *seen}:
                continue
            seen.add((email, phone))
            keys = {"EMAIL": email, "PHONE": phone and phone.removeprefix("+")}
            wanted[customer] = {name: [sha256(value)] for name, value in keys.items() if value}
        return wanted

    def connection(self) -> meta.Connection:
        audience = Audience(AUDIENCE, "", "advertising", "ads", "meta")
        return meta.connect(selvage.vendor("meta", meta.SETTINGS), audience)

    def run(self) -> sync.SyncResult:
        return sync.apply(sync.plan(AUDIENCE, "meta"))

    def counts(self) -> dict[str, Counter[str]]:
        """Request -> rows by status, as the ledger has them."""
        found: dict[str, Counter[str]] = {}
        for row in self.world.ledger_rows("meta"):
            found.setdefault(row["request_id"], Counter())[row["status"]] += 1
        return found


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    world.destinations, world.channel, world.purpose = ("meta",), "ads", "advertising"
    shop = Shop(world, server)
    monkeypatch.setattr(meta, "Client", functools.partial(Client, sleep=shop.waits.append))
    send = Client._send

    def noted(self: Client, method: str, url: str, what: str, params: Any, body: bytes | None) -> Any:
        shop.sent.append((f"{url} {params}", body or b""))
        return send(self, method, url, what, params, body)

    connection = shop.connection()
    while found := meta._find_audience(connection):  # each test begins without an audience
        connection.client.call("DELETE", connection.path(found))
        connection.audience_id = None
    monkeypatch.setattr(Client, "_send", noted)
    return shop


def test_add_move_remove(shop: Shop) -> None:
    shop.world.people(range(250))
    shop.world.contacts["c_0007"] = (None, "+12125550107")
    shop.world.contacts["c_0008"] = ("Both@Example.com", "+12125550108")
    shop.world.contacts["c_0009"] = ("c_0009@example.com", "+12125550109")
    shop.world.publish()
    first = shop.run()
    assert (first.added, first.rejected, first.members) == (250, 0, 250)
    wanted = shop.wanted()
    wanted["c_0008"]["EMAIL"] = [sha256("both@example.com")]
    assert shop.held() == wanted
    del shop.world.contacts["c_0008"]
    shop.world.people(range(50, 260))
    shop.world.members["c_0060"] = "SKU-9"  # a property, of which Meta is told nothing
    shop.world.contacts["c_0061"] = ("moved@example.com", None)
    shop.world.publish()
    second = shop.run()
    assert (second.added, second.updated, second.removed, second.members) == (10, 1, 50, 210)
    assert shop.held() == shop.wanted()
    assert {status for counted in shop.counts().values() for status in counted} == {"accepted_unverified"}
    calls = len(shop.sent)
    shop.world.publish()
    assert shop.run().sent == 0
    assert len(shop.sent) == calls


def test_no_address_and_no_number_leaves_in_clear_text(shop: Shop) -> None:
    shop.world.people(range(3))
    shop.world.contacts = {f"c_000{n}": (f"c_000{n}@example.com", f"+1212555010{n}") for n in range(3)}
    shop.world.publish()
    shop.run()
    shop.world.people(range(1))
    shop.world.contacts["c_0000"] = ("moved@example.com", "+12125550144")
    shop.world.publish()
    shop.run()
    everything = " ".join(address + body.decode() for address, body in shop.sent)
    assert sha256("moved@example.com") in everything
    for clear in ("example.com", "@", "%40", "21255501", "SKU-1"):
        assert clear not in everything
    assert "meta_sandbox" not in everything  # the token is a header: addresses end up in logs


def test_each_request_is_a_session_of_its_own_whose_counts_tie(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.run()
    (sent,) = [parse_qs(body.decode()) for address, body in shop.sent if "/users" in address]
    session, payload = json.loads(sent["session"][0]), json.loads(sent["payload"][0])
    assert payload["schema"] == ["EXTERN_ID", "EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY"]
    assert {len(row) for row in payload["data"]} == {9}
    assert (session["batch_seq"], session["last_batch_flag"], session["estimated_num_total"]) == (1, True, 5)
    connection = shop.connection()
    path = connection.path(str(meta._find_audience(connection)), "sessions")
    (told,) = connection.client.get(path).body["data"]
    assert told["session_id"] == str(session["session_id"])
    assert shop.counts() == {told["session_id"]: Counter(accepted_unverified=int(told["num_received"]))}


@pytest.mark.parametrize("bad", [3, 40])
def test_invalid_rows_are_found_however_few_are_named(shop: Shop, monkeypatch: pytest.MonkeyPatch, bad: int) -> None:
    """Meta names five of them at most."""
    row_of = meta.row_of
    broken = {f"c_{n:04d}" for n in random.Random(bad).sample(range(300), bad)}

    def spoilt(member: Member) -> list[str]:
        row = row_of(member)
        return [*row[:3], "not-a-hash", *row[4:]] if member.customer_id in broken else row

    monkeypatch.setattr(meta, "row_of", spoilt)
    shop.world.people(range(300))
    shop.world.publish()
    result = shop.run()
    assert (result.accepted, result.rejected) == (300 - bad, bad)
    assert result.rejected_reasons == {"invalid: FN": bad}
    rejected = [row for row in shop.world.ledger_rows("meta") if row["status"] == "rejected"]
    assert {row["customer_id"] for row in rejected} == broken
    assert all(row["request_id"] for row in rejected)
    assert set(shop.held()) == set(shop.world.members) - broken
    connection = shop.connection()
    path = connection.path(str(meta._find_audience(connection)), "sessions")
    told = {one["session_id"]: one for one in connection.client.get(path, {"limit": "500"}).body["data"]}
    for session_id, counted in shop.counts().items():
        assert int(told[session_id]["num_received"]) == counted.total()
        assert int(told[session_id]["num_invalid_entries"]) == counted["rejected"]
    monkeypatch.setattr(meta, "row_of", row_of)
    again = shop.run()  # what was rejected is not lost
    assert (again.added, again.rejected) == (bad, 0)
    assert shop.held() == shop.wanted()


def test_a_row_of_the_wrong_shape_is_found_by_halving(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    row_of = meta.row_of
    monkeypatch.setattr(meta, "row_of", lambda one: row_of(one)[: 8 if one.customer_id == "c_0617" else 9])
    shop.world.people(range(1000))
    shop.world.publish()
    result = shop.run()
    assert (result.accepted, result.rejected) == (999, 1)
    (row,) = [row for row in shop.world.ledger_rows("meta") if row["status"] == "rejected"]
    assert (row["customer_id"], row["reason"].split(": ", 1)[1]) == ("c_0617", "400 code 100")
    assert row["request_id"].startswith("A")


def test_who_has_no_usable_address_is_rejected_unsent(shop: Shop) -> None:
    shop.world.people(range(2))
    shop.world.contacts["c_0001"] = ("nobody", "+1999")
    shop.world.publish()
    result = shop.run()
    assert result.rejected_reasons == {"no usable e-mail or phone": 1}
    assert set(shop.held()) == {"c_0000"}


def test_who_is_removed_is_known_by_customer_id_alone(shop: Shop) -> None:
    shop.world.people(range(4))
    shop.world.publish()
    shop.run()
    members = [
        Member("c_0001", Contact()),
        Member("c_0002", Contact(email="other@example.com")),
        Member("x", Contact()),
    ]
    outcomes = meta.remove(shop.connection(), members, lambda _job_id: None)
    assert {outcome.status for outcome in outcomes} == {"accepted_unverified"}
    assert set(shop.held()) == {"c_0000", "c_0003"}


def test_an_audience_that_was_deleted_there_is_made_anew(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.run()
    connection = shop.connection()
    connection.client.call("DELETE", connection.path(str(meta._find_audience(connection))))
    shop.world.people(range(3, 5))
    shop.world.publish()
    assert shop.run().removed == 3  # who is not there counts as removed
    sync.apply(sync.plan(AUDIENCE, "meta", resend=True))
    assert shop.held() == shop.wanted()


def test_the_audience_is_found_among_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meta, "PAGE_ROWS", 2)
    for name in ("Selvage: cart", "Selvage: cart abandoners 2", "another", "Selvage: cart abandoners"):
        connection = shop.connection()
        connection.audience = Audience(name.removeprefix("Selvage: "), "", "advertising", "ads", "meta")
        meta._make_audience(connection)
    wanted = next(one for one in shop.told()["audiences"] if one["name"] == "Selvage: cart abandoners")
    assert meta._find_audience(shop.connection()) == wanted["audience_id"]


@pytest.mark.parametrize("kind", ["throttle", "error_500", "transient", "hangup"])
def test_faults_lose_no_row(shop: Shop, kind: str) -> None:
    shop.world.people(range(30))
    shop.world.publish()
    shop.server.faults("meta", kind, 2)
    result = shop.run()
    assert (result.accepted, result.rejected) == (30, 0)
    assert shop.held() == shop.wanted()
    assert len(shop.waits) == (2 if kind == "throttle" else 0)


def test_a_lasting_throttle_ends_in_words(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.a_lasting_throttle_ends_in_words(
        shop, monkeypatch, "meta", r"400 code 8000\d, subcode 2446079: too many calls for now"
    )


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("META_ACCESS_TOKEN", "wrong", "code 190: META_ACCESS_TOKEN is not valid"),
        ("META_ACCOUNT_ID", "act_1", "META_ACCOUNT_ID"),
        ("META_API_VERSION", "v9.0", "META_API_VERSION is no longer served"),
    ],
)
def test_a_wrong_setting_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    checks.a_wrong_setting_is_named(shop, monkeypatch, "meta", variable, value, words)


def test_terms_that_nobody_accepted_are_named(shop: Shop) -> None:
    shop.world.people([1])
    shop.world.publish()
    shop.server.faults("meta", "terms_not_accepted", 1)
    with pytest.raises(DestinationError, match="accept the terms of customer lists"):
        shop.run()
    assert shop.run().added == 1


def test_a_flagged_name_stops_the_run_and_not_row_by_row(shop: Shop) -> None:
    connection = shop.connection()
    connection.audience = Audience("diabetes_care", "", "advertising", "ads", "meta")
    with pytest.raises(DestinationError, match="Meta flagged the audience") as error:
        meta.add(connection, [Member("c_1", Contact(email="ana@example.com"))], lambda _job_id: None)
    assert type(error.value) is DestinationError


def test_what_is_refused_about_the_audience_itself_is_not_halved(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Audience, "title", "")
    shop.world.people(range(9))
    shop.world.publish()
    with pytest.raises(DestinationError, match="customaudiences: 400 code 100"):
        shop.run()
    assert sum("customaudiences" in address for address, _ in shop.sent) == 2


def test_limits_are_heeded_before_they_are_reached() -> None:
    def told(used: int, minutes: int = 0) -> dict[str, str]:
        kinds = [
            {"type": "ads_insights", "call_count": 3, "total_cputime": 1, "total_time": 1},
            {"type": "custom_audience", "call_count": 9, "total_cputime": used, "total_time": 1,
             "estimated_time_to_regain_access": minutes},
        ]  # fmt: skip
        return {"X-Business-Use-Case-Usage": json.dumps({"900100200": kinds}), "X-App-Usage": '{"call_count": 28}'}

    assert meta.pause_of({}) == meta.pause_of({"X-App-Usage": "none"}) == meta.pause_of({"X-App-Usage": "[]"}) == 0
    assert meta.pause_of(told(74)) == 0
    assert 0 < meta.pause_of(told(80)) < meta.pause_of(told(95)) < meta.pause_of(told(100)) == 10
    assert meta.pause_of(told(100, minutes=5)) == 300
    assert meta.pause_of({"X-App-Usage": '{"call_count": 100}'}) == 10


def test_rows_hold_the_published_hashes() -> None:
    contact = Contact(
        email=" John_Smith@gmail.com", phone="+1 (650) 555-1212", given_name="Mary", family_name="Valéry",
        city="São Paulo", region_code="California", postal_code="94103-1234", country_code="US",
    )  # fmt: skip
    row = dict(zip(meta.SCHEMA, meta.row_of(Member("c_1", contact)), strict=True))
    assert row["EXTERN_ID"] == "c_1"
    assert row["EMAIL"] == "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
    assert row["PHONE"] == "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
    assert row["FN"] == "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"
    assert row["LN"] == "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"
    assert (row["CT"], row["ST"], row["ZIP"]) == (sha256("sãopaulo"), sha256("ca"), sha256("94103"))
    assert row["COUNTRY"] == sha256("us")
    assert meta.row_of(Member("c_2", Contact())) == ["c_2", *[""] * 8]


def test_random_days_end_in_what_is_wanted(shop: Shop) -> None:
    checks.random_days_end_in_what_is_wanted(shop, "meta")


def test_a_killed_run_is_finished_by_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request arrived, its answer never did; meanwhile one of those who may have arrived has left."""
    shop.world.people(range(10))
    shop.world.publish()
    call = Client.call

    def dies(self: Client, method: str, path: str, **given: Any) -> Any:
        answer = call(self, method, path, **given)
        if path.endswith("/users"):
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(Client, "call", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(Client, "call", call)
    assert len(shop.held()) == 10
    shop.world.people(range(1, 10))
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.wanted()
