"""The TikTok destination against the sandbox's server: the hashes its audience holds are those of the members we want."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import random
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

import selvage
from activation import client as http
from activation import sync
from activation.destination import Audience, BatchRefused, Contact, DestinationError, Member
from activation.destinations import tiktok
from activation.identifiers import EMPTY_HASHES
from activation.ledger import Ledger
from activation.pending import PendingFolder
from activation.told import Told
from sandbox.server import Running
from tests.activation import checks
from tests.activation.world import AUDIENCE, World

NAME = "Selvage: cart abandoners"
EMAIL, PHONE = "EMAIL_SHA256", "PHONE_SHA256"


@dataclass
class Shop:
    """A world routed to TikTok's sandbox, everything that left for it, and every wait (none is slept)."""

    world: World
    server: Running
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    """Address with parameters, and body."""
    waits: list[float] = field(default_factory=list)

    def believed(self, path: str = "") -> dict[str, Any]:
        """What the sandbox's TikTok believes of its audiences; no API of TikTok tells that."""
        with urllib.request.urlopen(f"{self.server.url}/tiktok/_sandbox/audiences{path}") as answer:
            return dict(json.load(answer))

    def ids(self, name: str = NAME) -> list[str]:
        return [one["audience_id"] for one in self.believed()["audiences"] if one["name"] == name]

    def held(self) -> set[tuple[str, str]]:
        """The hashes of the newest audience of the name, by key."""
        found = self.ids()
        return {(key, value) for key, value in self.believed(f"/{found[-1]}")["held"]} if found else set()

    def wanted(self) -> set[tuple[str, str]]:
        """The same, computed here from the rules."""
        wanted: set[tuple[str, str]] = set()
        for customer in set(self.world.members) - set(self.world.suppressed):
            email, phone = self.world.contacts.get(customer, (None, None))
            wanted |= {(EMAIL, sha256(email))} if email else set()
            wanted |= {(PHONE, sha256(phone))} if phone else set()
        return wanted

    def connection(self) -> tiktok.Connection:
        audience = Audience(AUDIENCE, "", "advertising", "ads", "tiktok")
        return tiktok.connect(selvage.vendor("tiktok", tiktok.SETTINGS), audience)

    def run(self) -> sync.SyncResult:
        return sync.apply(sync.plan(AUDIENCE, "tiktok"))

    def mappings(self) -> list[dict[str, Any]]:
        return [json.loads(body) for address, body in self.sent if "/segment/mapping/" in address]

    def delete(self) -> None:
        """Every audience, as somebody in Ads Manager would."""
        connection = self.connection()
        for one in self.believed()["audiences"]:
            body = {"advertiser_id": one["advertiser_id"], "custom_audience_ids": [one["audience_id"]]}
            connection.client.call(
                "POST", connection.path("dmp/custom_audience/delete"), body=json.dumps(body).encode()
            )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    world.destinations, world.channel, world.purpose = ("tiktok",), "ads", "advertising"
    shop = Shop(world, server)
    shop.delete()  # each test begins without an audience
    client = tiktok.Client
    monkeypatch.setattr(tiktok, "Client", functools.partial(client, sleep=shop.waits.append))
    send = client._send

    def noted(self: Any, method: str, url: str, what: str, params: Any, body: bytes | None) -> Any:
        shop.sent.append((f"{url} {params}", body or b""))
        return send(self, method, url, what, params, body)

    monkeypatch.setattr(client, "_send", noted)
    return shop


def test_add_move_remove(shop: Shop) -> None:
    shop.world.people(range(250))
    shop.world.contacts["c_0007"] = (None, "+12125550107")
    shop.world.contacts["c_0008"] = ("Both+sale@Example.com", "+12125550108")
    shop.world.contacts["c_0009"] = ("c_0009@example.com", "+12125550109")
    shop.world.publish()
    first = shop.run()
    assert (first.added, first.rejected, first.members) == (250, 0, 250)
    shop.world.contacts["c_0008"] = ("both@example.com", "+12125550108")  # the form that TikTok wants
    assert shop.held() == shop.wanted()
    assert len(shop.held()) == 252
    del shop.world.contacts["c_0008"]
    shop.world.people(range(50, 260))
    shop.world.members["c_0060"] = "SKU-9"  # a property, of which TikTok is told nothing
    shop.world.contacts["c_0061"] = ("moved@example.com", None)
    shop.world.publish()
    second = shop.run()
    assert (second.added, second.updated, second.removed, second.members) == (10, 1, 50, 210)
    assert shop.held() == shop.wanted()
    told = {row["status"] for row in shop.world.ledger_rows("tiktok")}
    assert told == {"accepted_unverified"}
    assert all(row["request_id"].startswith("20") for row in shop.world.ledger_rows("tiktok"))
    calls = len(shop.sent)
    shop.world.publish()
    assert shop.run().sent == 0
    assert len(shop.sent) == calls


def test_a_row_has_an_empty_cell_where_a_key_is_missing(shop: Shop) -> None:
    """A shorter row would put the phone's hash under the address's key."""
    shop.world.contacts = {
        "c_0000": ("a@example.com", None),
        "c_0001": (None, "+12125550101"),
        "c_0002": ("c@example.com", "+12125550102"),
    }
    shop.world.people(range(3))
    shop.world.publish()
    shop.run()
    (sent,) = shop.mappings()
    assert sent["id_schema"] == [EMAIL, PHONE]
    assert [[cell.get("id") for cell in row] for row in sent["batch_data"]] == [
        [sha256("a@example.com"), None],
        [None, sha256("+12125550101")],
        [sha256("c@example.com"), sha256("+12125550102")],
    ]
    (audience,) = shop.ids()
    assert {tuple(cell["audience_ids"]) for row in sent["batch_data"] for cell in row if cell} == {(audience,)}
    assert sent["advertiser_ids"] == ["7000000000000000001"]


def test_no_address_and_no_number_leaves_in_clear_text_or_stays_in_the_ledger(shop: Shop) -> None:
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
    for clear in ("example.com", "@", "%40", "21255501", "SKU-1", "tiktok_sandbox"):
        assert clear not in everything
    assert not [one for one in EMPTY_HASHES if one in everything]
    ledger = json.dumps(shop.world.ledger_rows("tiktok"), default=str)
    assert sha256("moved@example.com") not in ledger
    path = shop.world.settings.ledger / "tiktok" / "told.sqlite"
    assert path.stat().st_mode & 0o077 == 0
    assert sha256("moved@example.com").encode() in path.read_bytes()
    assert sha256("c_0002@example.com").encode() not in path.read_bytes()  # who has left is forgotten here too


@pytest.mark.parametrize(("form", "text"), [("with_plus", "+37493828222"), ("digits", "37493828222")])
def test_the_form_of_numbers_is_a_setting(shop: Shop, monkeypatch: pytest.MonkeyPatch, form: str, text: str) -> None:
    monkeypatch.setenv("TIKTOK_PHONE_FORM", form)
    member = Member("c_1", Contact(email="JaneDoe@gmail.com", phone="+374 93 828222"))
    assert tiktok.cells_of(shop.connection(), member) == [
        (EMAIL, "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"),
        (PHONE, sha256(text)),
    ]
    if form == "digits":
        assert sha256(text) == "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"


def test_another_form_of_numbers_is_still_removed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.world.contacts = {"c_0000": (None, "+12125550100"), "c_0001": ("b@example.com", None)}
    shop.world.people(range(2))
    shop.world.publish()
    shop.run()
    monkeypatch.setenv("TIKTOK_PHONE_FORM", "digits")
    sync.apply(sync.plan(AUDIENCE, "tiktok", resend=True))
    assert (PHONE, sha256("12125550100")) in shop.held()
    shop.world.people([1])
    shop.world.publish()
    shop.run()
    assert shop.held() == {(EMAIL, sha256("b@example.com"))}


def test_what_two_customers_share_stays_until_both_have_left(shop: Shop) -> None:
    """A household's number, and two spellings of one address: the engine sees different people there."""
    shop.world.contacts = {
        "c_0000": ("ana@example.com", "+12125550100"),
        "c_0001": ("ben@example.com", "+12125550100"),
        "c_0002": ("ana+sale@example.com", None),
    }
    shop.world.people(range(3))
    shop.world.publish()
    shop.run()
    shop.world.people(range(1, 3))
    shop.world.publish()
    shop.run()
    both = {(EMAIL, sha256("ana@example.com")), (PHONE, sha256("+12125550100"))}
    assert shop.held() == {*both, (EMAIL, sha256("ben@example.com"))}
    shop.world.people([])
    shop.world.publish()
    sync.apply(sync.plan(AUDIENCE, "tiktok"), approved_by="ana", allow_empty=True)
    assert shop.held() == set()


def test_who_was_erased_leaves_although_no_address_is_known_any_more(shop: Shop) -> None:
    shop.world.people(range(4))
    shop.world.publish()
    shop.run()
    shop.world.suppressed = {"c_0001": "erasure"}
    shop.world.contacts["c_0001"] = (None, None)
    shop.world.people([0, 2, 3])
    shop.world.publish()
    result = shop.run()
    assert (result.removed, result.rejected) == (1, 0)
    assert shop.held() == shop.wanted()
    told = shop.connection().told
    assert told.cells(shop.connection().key, ["c_0001"]) == {}


def test_a_refused_row_is_found_by_halving_and_holds_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    cells_of = tiktok.cells_of

    def spoilt(connection: tiktok.Connection, member: Member) -> list[tuple[str, str]]:
        found = cells_of(connection, member)
        return [(key, "NOT-A-HASH") for key, _ in found] if member.customer_id == "c_0617" else found

    monkeypatch.setattr(tiktok, "cells_of", spoilt)
    shop.world.people(range(1000))
    shop.world.publish()
    result = shop.run()
    assert (result.accepted, result.rejected) == (999, 1)
    (row,) = [row for row in shop.world.ledger_rows("tiktok") if row["status"] == "rejected"]
    assert (row["customer_id"], row["reason"].split(": ", 1)[1]) == ("c_0617", "code 40062")
    assert row["request_id"].startswith("20")
    assert shop.connection().told.cells(shop.connection().key, ["c_0617"]) == {}
    monkeypatch.setattr(tiktok, "cells_of", cells_of)
    again = shop.run()  # what was rejected is not lost
    assert (again.added, again.rejected) == (1, 0)
    assert shop.held() == shop.wanted()


def test_who_has_no_usable_address_is_rejected_unsent(shop: Shop) -> None:
    shop.world.people(range(2))
    shop.world.contacts["c_0001"] = ("nobody", "+1999")
    shop.world.publish()
    result = shop.run()
    assert result.rejected_reasons == {"no usable e-mail or phone": 1}
    assert shop.held() == {(EMAIL, sha256("c_0000@example.com"))}


def test_an_audience_that_was_deleted_there_is_told_of_and_made_anew(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.run()
    shop.delete()
    shop.world.people(range(3, 6))
    shop.world.publish()
    with pytest.raises(DestinationError, match=r"was deleted at TikTok .* plan with --resend"):
        shop.run()
    sync.apply(sync.plan(AUDIENCE, "tiktok", resend=True))
    assert shop.held() == shop.wanted()


def test_an_audience_of_the_same_name_that_we_do_not_know_stops_the_run(shop: Shop) -> None:
    """Its file is lost: nobody could be taken out of it any more, and a second one would leave them in the first."""
    shop.world.people(range(3))
    shop.world.publish()
    shop.run()
    (shop.world.settings.ledger / "tiktok" / "told.sqlite").unlink()
    shop.world.people(range(2))
    shop.world.publish()
    with pytest.raises(DestinationError, match="restore that file, or delete the audience"):
        shop.run()
    assert len(shop.held()) == 3
    shop.delete()
    sync.apply(sync.plan(AUDIENCE, "tiktok", resend=True))
    assert shop.held() == shop.wanted()


def test_other_audiences_of_the_name_are_not_mistaken_for_ours(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.world.people(range(3))
    shop.world.publish()
    shop.run()
    (ours,) = shop.ids()
    tiktok._ask(
        shop.connection(),
        "POST",
        "segment/audience",
        {"advertiser_id": "7000000000000000001", "custom_audience_name": NAME, "action": "create"},
    )
    shop.world.people(range(1, 5))
    shop.world.publish()
    shop.run()
    assert len(shop.ids()) == 2
    assert {(key, value) for key, value in shop.believed(f"/{ours}")["held"]} == shop.wanted()


def test_a_run_killed_while_making_the_audience_is_finished_with_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made, its id never arrived; many others are listed before it."""
    monkeypatch.setattr(tiktok, "PAGE_ROWS", 2)
    for number in range(5):
        given = {"advertiser_id": "7000000000000000001", "custom_audience_name": f"{number}", "action": "create"}
        tiktok._ask(shop.connection(), "POST", "segment/audience", given)
    shop.world.people(range(3))
    shop.world.publish()
    call = http.Client.call

    def dies(self: Any, method: str, path: str, **given: Any) -> Any:
        answer = call(self, method, path, **given)
        if "segment/audience" in path:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(http.Client, "call", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(http.Client, "call", call)
    shop.run()
    assert len(shop.ids()) == 1
    assert shop.held() == shop.wanted()


@pytest.mark.parametrize("after", [True, False])
def test_a_killed_run_is_finished_by_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    """Killed with or without the batch having arrived; then one of them has left, one has moved, one was erased."""
    shop.world.people(range(10))
    shop.world.publish()
    call = http.Client.call

    def dies(self: Any, method: str, path: str, **given: Any) -> Any:
        if "segment/mapping" in path:
            if after:
                call(self, method, path, **given)
            raise KeyboardInterrupt
        return call(self, method, path, **given)

    monkeypatch.setattr(http.Client, "call", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(http.Client, "call", call)
    assert len(shop.held()) == (10 if after else 0)
    shop.world.people(range(1, 10))
    shop.world.contacts["c_0003"] = ("elsewhere@example.com", "+12125550133")
    shop.world.suppressed = {"c_0004": "erasure"}
    shop.world.contacts["c_0004"] = (None, None)
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.wanted()
    assert sync.plan(AUDIENCE, "tiktok").is_empty


def test_a_run_killed_after_a_removal_is_finished_by_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are gone over there and forgotten here, and the ledger has not heard of it."""
    shop.world.people(range(6))
    shop.world.publish()
    shop.run()
    drop = Told.drop

    def dies(self: Told, audience: str, customers: Iterable[str]) -> None:
        drop(self, audience, customers)
        raise KeyboardInterrupt

    shop.world.people(range(2, 6))
    shop.world.publish()
    monkeypatch.setattr(Told, "drop", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(Told, "drop", drop)
    assert shop.run().removed == 2
    assert shop.held() == shop.wanted()
    assert sync.plan(AUDIENCE, "tiktok").is_empty


@pytest.mark.parametrize("kind", ["throttle", "error_500", "transient", "hangup"])
def test_faults_lose_no_row(shop: Shop, kind: str) -> None:
    shop.world.people(range(30))
    shop.world.publish()
    shop.server.faults("tiktok", kind, 2)
    result = shop.run()
    assert (result.accepted, result.rejected) == (30, 0)
    assert shop.held() == shop.wanted()
    assert len(shop.waits) == (2 if kind in ("throttle", "transient") else 0)  # said with status 200


def test_a_lasting_throttle_ends_in_words(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.a_lasting_throttle_ends_in_words(shop, monkeypatch, "tiktok", "code 40100: too many calls for now")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("TIKTOK_ACCESS_TOKEN", "wrong", "code 40105: TIKTOK_ACCESS_TOKEN was revoked or is wrong"),
        ("TIKTOK_ADVERTISER_ID", "7000000000000000009", "code 40001: the token may not touch TIKTOK_ADVERTISER_ID"),
        ("TIKTOK_PHONE_FORM", "plus", "must be one of with_plus, digits"),
        ("TIKTOK_API_VERSION", "v1.2", "code 40051: TIKTOK_API_VERSION is no longer served"),
    ],
)
def test_a_wrong_setting_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    checks.a_wrong_setting_is_named(shop, monkeypatch, "tiktok", variable, value, words)


def test_codes_become_what_the_engine_knows() -> None:
    def failure(code: int | None) -> DestinationError:
        return tiktok.failure_of("POST /x/", 400, {"code": code, "message": "ana@example.com"}, "7")

    assert {type(failure(code)) for code in (40100, 40132, 50002, 51003, 60001)} == {http.Throttled}
    assert {type(failure(code)) for code in (40002, 40062)} == {BatchRefused}
    assert type(failure(20001)) is tiktok.PartlyRefused
    assert {type(failure(code)) for code in (40001, 40105, 40118, 40007, None)} == {DestinationError}
    assert "ana" not in str(failure(40002))


def test_who_was_partly_refused_is_a_member_and_leaves_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of the rows were taken, and the answer does not say which."""
    map_ = tiktok._map

    def partly(*given: Any) -> str | None:
        map_(*given)
        raise tiktok.PartlyRefused("code 20001")

    monkeypatch.setattr(tiktok, "_map", partly)
    shop.world.people(range(3))
    shop.world.publish()
    assert shop.run().accepted == 3
    assert len(shop.held()) == 3
    monkeypatch.setattr(tiktok, "_map", map_)
    shop.world.people([1])
    shop.world.publish()
    assert shop.run().removed == 2
    assert shop.held() == shop.wanted()


def test_more_people_than_were_told_is_logged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.world.people(range(3))
    shop.world.publish()
    shop.run()
    ask = tiktok._ask

    def more(connection: Any, method: str, path: str, given: Any) -> Any:
        answer = ask(connection, method, path, given)
        for one in answer.get("list") or ():
            one["audience_details"]["cover_num"] = 7
        return answer

    monkeypatch.setattr(tiktok, "_ask", more)
    shop.world.people(range(4))
    shop.world.publish()
    with caplog.at_level(logging.INFO, "activation.destinations.tiktok"):
        shop.run()
    assert "7 people recognised, of 3 members of cart_abandoners told" in caplog.text
    assert "something else fills it" in caplog.text


def test_random_days_end_in_what_is_wanted(shop: Shop) -> None:
    """Addresses and numbers wander between customers, and some share them."""
    choice = random.Random(5)
    for day in range(8):
        shop.world.people(sorted(choice.sample(range(40), 25)), product=f"SKU-{day % 2}")
        for customer in choice.sample(sorted(shop.world.members), 6):
            email = choice.choice([None, f"other-{choice.randrange(9)}@example.com"])
            phone = f"+1212555{choice.randrange(1000, 1009)}"
            shop.world.contacts[customer] = (email, phone)
        shop.world.suppressed = dict.fromkeys(choice.sample(sorted(shop.world.members), 2), "consent_denied")
        shop.world.publish()
        shop.run()
        assert shop.held() == shop.wanted(), f"day {day}"
        assert sync.plan(AUDIENCE, "tiktok").is_empty


def test_runs_that_die_anywhere_end_where_an_undisturbed_one_would(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after every call, every note of what was told and every file of the ledger, while people wander."""
    choice, left = random.Random(11), [0]

    def die() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    def fragile(work: Callable[..., Any]) -> Callable[..., Any]:
        def may_die(*given: Any, **named: Any) -> Any:
            die()
            result = work(*given, **named)
            die()
            return result

        return may_die

    for owner, names in (
        (http.Client, ("_send",)),
        (Told, ("begin", "note", "drop")),
        (Ledger, ("record",)),
        (PendingFolder, ("note", "forget")),
    ):
        for name in names:
            monkeypatch.setattr(owner, name, fragile(getattr(owner, name)))
    died = 0
    for day in range(15):
        shop.world.people(sorted(choice.sample(range(30), 18)))
        for customer in choice.sample(sorted(shop.world.members), 5):
            email = choice.choice([None, f"other-{choice.randrange(9)}@example.com"])
            shop.world.contacts[customer] = (email, f"+1212555{choice.randrange(1000, 1009)}")
        shop.world.publish()
        left[0] = choice.randrange(1, 30)
        try:
            shop.run()
        except KeyboardInterrupt:
            died += 1
        left[0] = 0
        if day % 5 == 4:
            shop.run()
            assert shop.held() == shop.wanted(), f"day {day}"
            assert sync.plan(AUDIENCE, "tiktok").is_empty
    assert len(shop.ids()) == 1
    assert died > 7
