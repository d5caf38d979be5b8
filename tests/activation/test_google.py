"""The Google destination against the sandbox's server: the members its list holds are those that we want."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import random
import sqlite3
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest

import selvage
from activation import sync
from activation.client import Client
from activation.destination import Audience, Contact, DestinationError, Evidence, Member
from activation.destinations import google
from activation.google import access, uploads
from activation.ledger import Ledger
from sandbox.server import Running, running
from tests.activation import checks
from tests.activation.world import AUDIENCE, World

SEED, PEOPLE, DAYS = 3, 200, 30
SPEED = 200_000.0  # half an hour of processing is 9 ms


@dataclass
class Shop:
    """A world routed to Google's sandbox, everything that left for it, and every wait of the client (none is slept)."""

    world: World
    server: Running
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Address and body."""
    waits: list[float] = field(default_factory=list)

    def believed(self) -> dict[str, Any]:
        """What the sandbox's Google believes of the list; no API of Google tells that."""
        with urllib.request.urlopen(f"{self.server.url}/google/_sandbox/lists") as answer:
            found = [one for one in json.load(answer)["lists"] if one["name"] == "Selvage: cart abandoners"]
        return found[0] if found else {"members": []}

    def held(self) -> set[str]:
        """All identifiers by which somebody is on the list."""
        return {key for member in self.believed()["members"] for key in member}

    def wanted(self) -> set[str]:
        """The same, computed here from the rules."""
        found: set[str] = set()
        seen: set[tuple[str | None, str | None]] = set()
        for customer in sorted(self.world.members):
            contact = self.world.contacts.get(customer, (None, None))
            if customer in self.world.suppressed or contact in {(None, None), *seen}:
                continue
            seen.add(contact)
            found |= {f"{kind}:{sha256(one)}" for kind, one in zip(("email", "phone"), contact, strict=True) if one}
        return found

    def told(self) -> set[str]:
        """Customers of whom identifiers are kept."""
        path = self.world.settings.ledger / "google" / "told.sqlite"
        assert path.stat().st_mode & 0o777 == 0o600
        with sqlite3.connect(path) as connection:
            return {name for (name,) in connection.execute("select customer_id from cells")}

    def connection(self) -> google.Connection:
        audience = Audience(AUDIENCE, "", "advertising", "ads", "google")
        return google.connect(selvage.vendor("google", google.SETTINGS), audience)

    def run(self, **options: Any) -> sync.SyncResult:
        return sync.apply(sync.plan(AUDIENCE, "google", **options))

    def uploads(self) -> list[tuple[str, int]]:
        """(verb, rows) of each request that was sent."""
        return [(url.rsplit(":", 1)[1], len(body["audienceMembers"])) for url, body in self.sent if "Members:" in url]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("vendors"), seed=SEED, people=PEOPLE, days=DAYS, speed=SPEED) as found:
        yield found


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    key_file = server.home / "vendors" / "google" / "service_account.json"
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_FILE", str(key_file))
    monkeypatch.setattr(uploads, "FIRST_POLL_SECONDS", 0.01)
    world.destinations, world.channel, world.purpose = ("google",), "ads", "advertising"
    shop = Shop(world, server)
    monkeypatch.setattr(access, "Client", functools.partial(Client, sleep=shop.waits.append))
    send = Client._send

    def noted(self: Client, method: str, url: str, what: str, params: Any, body: bytes | None) -> Any:
        shop.sent.append((url, json.loads(body or b"{}")))
        return send(self, method, url, what, params, body)

    connection = shop.connection()
    if google._find_list(connection):  # each test begins without a list
        connection.client.call("DELETE", f"{connection.lists}/{connection.list_id}")
    monkeypatch.setattr(Client, "_send", noted)
    shop.waits.clear()
    return shop


def test_add_move_remove(shop: Shop) -> None:
    shop.world.people(range(250))
    shop.world.contacts["c_0007"] = (None, "+12125550107")
    shop.world.contacts["c_0009"] = ("c_0009@example.com", "+12125550109")
    shop.world.publish()
    first = shop.run()
    assert (first.added, first.rejected, first.members) == (250, 0, 250)
    assert shop.held() == shop.wanted()
    assert len(shop.told()) == 250
    del shop.world.contacts["c_0009"]
    shop.world.people(range(50, 260))
    shop.world.members["c_0060"] = "SKU-9"  # a property, of which Google is told nothing
    shop.world.contacts["c_0061"] = ("moved@example.com", None)
    shop.world.publish()
    second = shop.run()
    assert (second.added, second.updated, second.removed, second.members) == (10, 1, 50, 210)
    assert shop.held() == shop.wanted()
    assert shop.told() == set(shop.world.members)
    assert {row["status"] for row in shop.world.ledger_rows("google")} == {"accepted_unverified"}
    assert all(row["job_id"] and row["request_id"] and not row["remote_id"] for row in shop.world.ledger_rows("google"))
    calls = len(shop.sent)
    shop.world.publish()
    assert shop.run().sent == 0
    assert len(shop.sent) == calls


def test_only_hashes_leave_with_consent_and_terms(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shop.world.people(range(3))
    shop.world.contacts = {f"c_000{n}": (f"C_000{n}@Example.com", f"+1 (212) 555-010{n}") for n in range(3)}
    shop.world.publish()
    shop.run()
    ((_, body),) = [(url, body) for url, body in shop.sent if url.endswith("Members:ingest")]
    assert body["consent"] == {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
    assert body["termsOfService"] == {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
    assert body["encoding"] == "HEX"
    assert shop.held() == {f"email:{sha256(f'c_000{n}@example.com')}" for n in range(3)} | {
        f"phone:{sha256(f'+1212555010{n}')}" for n in range(3)
    }
    ((_, made),) = [(url, body) for url, body in shop.sent if url.endswith("userLists") and body]
    assert (made["membershipDuration"], made["ingestedUserListInfo"]["uploadKeyTypes"]) == ("46656000s", ["CONTACT_ID"])
    everything = json.dumps(shop.sent) + caplog.text
    for clear in ("xample.com", "21255501", "212) 555", "SKU-1", "BEGIN PRIVATE", "ya29"):
        assert clear not in everything
    for row in shop.world.ledger_rows("google"):
        assert not any(sha256(f"c_000{n}@example.com") in str(row) for n in range(3)), "the ledger holds no hash"


def test_identifiers_are_the_published_hashes() -> None:
    contact = Contact(
        email="Alexz@Example.com ", phone="(800) 555-0100", given_name="Mr. GivenName", family_name="FamilyName Jr.",
        postal_code="94045", country_code="us",
    )  # fmt: skip
    (member,) = uploads.members_of([("c_1", uploads.cells_of(contact))])
    assert orjson.loads(orjson.dumps(member["userData"]["userIdentifiers"])) == [
        {"emailAddress": "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"},
        {"phoneNumber": "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"},
        {
            "address": {
                "givenName": "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814",
                "familyName": "77762c287e61ce065bee5c15464012c6fbe088398b8057627d5577249430d574",
                "regionCode": "US",
                "postalCode": "94045",
            }
        },
    ]
    assert uploads.cells_of(Contact(given_name="Ana", family_name="Lima")) == []


def test_who_shares_an_identifier_stays(shop: Shop) -> None:
    """A household's phone: whoever leaves, the others stay, though one identifier is enough to be removed."""
    shop.world.people(range(4))
    for n in (0, 1, 2):
        shop.world.contacts[f"c_000{n}"] = (f"c_000{n}@example.com", "+12125550100")
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.wanted()
    shop.world.people(range(1, 4))
    shop.world.publish()
    assert shop.run().removed == 1
    assert shop.held() == shop.wanted()
    shop.world.people([3])
    shop.world.publish()
    assert shop.run().removed == 2
    assert shop.held() == shop.wanted() == {f"email:{sha256('c_0003@example.com')}"}


def test_who_was_erased_here_is_removed_there(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.run()
    del shop.world.contacts["c_0002"], shop.world.members["c_0002"]
    shop.world.contacts["c_0003"] = ("other@example.com", None)  # changed and left at once
    del shop.world.members["c_0003"]
    shop.world.publish()
    assert shop.run().removed == 2
    assert shop.held() == {f"email:{sha256(f'c_000{n}@example.com')}" for n in (0, 1, 4)}
    assert shop.told() == {"c_0000", "c_0001", "c_0004"}


def spoil(monkeypatch: pytest.MonkeyPatch, change: Callable[[str, dict[str, Any]], None]) -> None:
    """Change the rows that leave, by customer."""
    members_of = uploads.members_of

    def spoilt(rows: Any) -> list[dict[str, Any]]:
        found = members_of(rows)
        for (customer, _), member in zip(rows, found, strict=True):
            change(customer, member)
        return found

    monkeypatch.setattr(google, "members_of", spoilt)


@pytest.mark.parametrize("bad", [1, 7])
def test_rows_refused_at_once_are_named_and_left_out(shop: Shop, monkeypatch: pytest.MonkeyPatch, bad: int) -> None:
    broken = {f"c_{n:04d}" for n in random.Random(bad).sample(range(300), bad)}
    bad_hash = {"userIdentifiers": [{"emailAddress": "abc"}]}
    spoil(monkeypatch, lambda name, member: member.update(userData=bad_hash) if name in broken else None)
    shop.world.people(range(300))
    shop.world.publish()
    result = shop.run()
    assert (result.accepted, result.rejected) == (300 - bad, bad)
    assert result.rejected_reasons == {"INVALID_HEX_ENCODING": bad}
    assert shop.uploads() == [("ingest", 300), ("ingest", 300 - bad)]
    rejected = [row for row in shop.world.ledger_rows("google") if row["status"] == "rejected"]
    assert {row["customer_id"] for row in rejected} == broken
    assert all(row["request_id"] for row in rejected)
    assert shop.told() == set(shop.world.members) - broken
    monkeypatch.undo()


def test_a_row_refused_unnamed_is_found_by_halving(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, lambda name, member: member.update(userData={}) if name == "c_0061" else None)
    failure = uploads.failure_of

    def unnamed(what: str, status: int, body: Any, request_id: Any) -> DestinationError:
        details = [one for one in body["error"]["details"] if not one["@type"].endswith("BadRequest")]
        return failure(what, status, {"error": {**body["error"], "details": details}}, request_id)

    monkeypatch.setattr(access, "failure_of", unnamed)
    shop.world.people(range(100))
    shop.world.publish()
    result = shop.run()
    assert (result.accepted, result.rejected) == (99, 1)
    assert shop.held() == shop.wanted() - {f"email:{sha256('c_0061@example.com')}"}


@pytest.mark.parametrize("named", [True, False])
def test_rows_refused_later_are_found(shop: Shop, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    """By their places where Google tells them; else the counts of smaller requests say which they are."""
    broken = {"c_0007", "c_0123", "c_0299"}
    denied = {"adUserData": "CONSENT_DENIED"}
    spoil(monkeypatch, lambda name, member: member.update(consent=denied) if name in broken else None)
    shop.world.people(range(300))
    shop.world.publish()
    if not named:
        shop.server.faults("google", "unnamed_rows", 10_000)
    result = shop.run()
    shop.server.faults("google", "unnamed_rows", 0)
    assert result.rejected_reasons == {"DENIED_CONSENT": 3}
    assert shop.held() == shop.wanted() - {f"email:{sha256(f'{name}@example.com')}" for name in broken}
    rejected = [row for row in shop.world.ledger_rows("google") if row["status"] == "rejected"]
    assert {row["customer_id"] for row in rejected} == broken
    counted = Counter(rows for _, rows in shop.uploads())
    assert counted[300] == 1
    assert len(shop.uploads()) == 1 if named else counted[3] == 100
    monkeypatch.setattr(google, "members_of", uploads.members_of)
    again = shop.run()  # what was rejected is not lost
    assert (again.added, again.rejected) == (3, 0)
    assert shop.held() == shop.wanted()


def test_a_request_that_failed_comes_back(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.server.faults("google", "job_failed")
    assert shop.run().rejected_reasons == {"INTERNAL_ERROR": 5}
    assert shop.run().added == 5
    assert shop.held() == shop.wanted()


def test_large_batches_are_requests_side_by_side(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_ROWS", 40)
    shop.world.people(range(130))
    shop.world.publish()
    assert shop.run().added == 130
    assert shop.uploads() == [("ingest", 40)] * 3 + [("ingest", 10)]
    first_poll = next(n for n, (url, _) in enumerate(shop.sent) if "requestStatus" in url)
    assert all("requestStatus" in url for url, _ in shop.sent[first_poll:]), "sent first, then waited for"
    assert Counter(row["job_id"] for row in shop.world.ledger_rows("google")).most_common()[-1][1] == 10
    assert shop.held() == shop.wanted()


def test_no_evidence_no_identifier_no_purpose(shop: Shop) -> None:
    connection = shop.connection()
    known = Evidence(consent_evidence_id="e-1")
    members = [
        Member("c_1", Contact(email="a@example.com")),
        Member("c_2", Contact(email="nobody", phone="+1999"), evidence=known),
        Member("c_3", Contact(email="b@example.com"), evidence=known),
    ]
    outcomes = google.add(connection, members, lambda _job_id: None)
    assert [one.reason for one in outcomes] == ["no evidence of consent", "no usable e-mail, phone or address", None]
    assert shop.held() == {f"email:{sha256('b@example.com')}"}
    connection.audience = Audience(AUDIENCE, "", "marketing", "ads", "google")
    with pytest.raises(DestinationError, match="needs consent to advertising"):
        google.add(connection, members, lambda _job_id: None)


def test_a_list_that_was_deleted_there_is_made_anew(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.run()
    connection = shop.connection()
    connection.client.call("DELETE", f"{connection.lists}/{google._find_list(connection)}")
    shop.world.people(range(3, 5))
    shop.world.publish()
    assert shop.run().removed == 3  # who is not there counts as removed
    shop.run(resend=True)
    assert shop.held() == shop.wanted()


def test_the_list_is_found_among_many_and_its_duration_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google, "PAGE_ROWS", 1)
    for name in ("cart", "cart abandoners 2", "cart abandoners"):
        connection = shop.connection()
        connection.audience = Audience(name, "", "advertising", "ads", "google")
        google._make_list(connection)
    path = f"{connection.lists}/{connection.list_id}"
    body = json.dumps({"membershipDuration": "2592000s"}).encode()
    connection.client.call("PATCH", path, params={"updateMask": "membershipDuration"}, body=body)
    found = shop.connection()
    assert google._find_list(found) == connection.list_id
    assert connection.client.get(path).body["membershipDuration"] == "46656000s"


def test_who_would_age_out_is_told_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    now = Ledger._now
    shop.world.people(range(5))
    shop.world.publish()
    old = timedelta(days=google.RESEND_DAYS + 1)
    monkeypatch.setattr(Ledger, "_now", lambda self: now(self) - old)
    shop.run()
    monkeypatch.setattr(Ledger, "_now", now)
    shop.world.people(range(7))
    shop.world.publish()
    second = shop.run()
    assert (second.added, second.updated) == (2, 5)
    assert sync.plan(AUDIENCE, "google").is_empty


@pytest.mark.parametrize("kind", ["throttle", "error_500", "transient", "hangup"])
def test_faults_lose_no_row(shop: Shop, kind: str) -> None:
    shop.world.people(range(30))
    shop.world.publish()
    shop.server.faults("google", kind, 2)
    result = shop.run()
    assert (result.accepted, result.rejected) == (30, 0)
    assert shop.held() == shop.wanted()


def test_the_pace_is_that_of_the_quota(shop: Shop) -> None:
    shop.world.people(range(3))
    shop.world.publish()
    shop.run()
    assert len(shop.waits) == len(shop.sent) - 1
    assert max(shop.waits) <= 0.2


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("GOOGLE_SERVICE_ACCOUNT_FILE", "/nowhere.json", "GOOGLE_SERVICE_ACCOUNT_FILE is no key file"),
        ("GOOGLE_TOKEN_URL", "http://127.0.0.1:{port}/google/v2/token", "check GOOGLE_TOKEN_URL"),
        ("GOOGLE_ACCOUNT_ID", "123-456-7890", "must be a user of GOOGLE_ACCOUNT_ID"),
        ("GOOGLE_LOGIN_ACCOUNT_ID", "1", "or of GOOGLE_LOGIN_ACCOUNT_ID"),
    ],
)
def test_a_wrong_setting_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value.format(port=shop.server.port))
    shop.world.people([1])
    shop.world.publish()
    with pytest.raises(DestinationError, match=words):
        shop.run()
    assert shop.world.ledger_rows("google") == []


def test_a_manager_account_is_the_way_in(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_LOGIN_ACCOUNT_ID", "999-888-7777")
    shop.world.people([1])
    shop.world.publish()
    assert shop.run().added == 1


def test_terms_that_nobody_signed_are_named(shop: Shop) -> None:
    shop.world.people([1])
    shop.world.publish()
    shop.server.faults("google", "terms_not_accepted", 1)
    with pytest.raises(DestinationError, match="sign the Customer Match terms"):
        shop.run()
    assert shop.run().added == 1


def test_random_days_end_in_what_is_wanted(shop: Shop) -> None:
    checks.random_days_end_in_what_is_wanted(shop, "google")


def killed_at(monkeypatch: pytest.MonkeyPatch, part: str, after: bool) -> Callable[[], None]:
    """Die at the next call whose path has this part, before or after it was answered. Returns how to end that."""
    call = Client.call

    def dies(self: Client, method: str, path: str, **given: Any) -> Any:
        if part not in path:
            return call(self, method, path, **given)
        if after:
            call(self, method, path, **given)
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "call", dies)
    return lambda: monkeypatch.setattr(Client, "call", call)


def test_a_run_killed_while_google_processes_asks_for_the_outcome(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.world.people(range(10))
    shop.world.publish()
    alive = killed_at(monkeypatch, "requestStatus", after=False)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    alive()
    sent = len(shop.uploads())
    assert sync.plan(AUDIENCE, "google").is_empty
    assert len(shop.uploads()) == sent, "nothing is sent twice"
    assert shop.held() == shop.wanted()
    shop.world.people(range(4, 10))
    shop.world.contacts["c_0009"] = ("c_0009@example.com", "+12125550109")
    shop.world.publish()
    alive = killed_at(monkeypatch, "requestStatus", after=False)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    alive()
    shop.run()
    assert shop.held() == shop.wanted()
    assert shop.told() == set(shop.world.members)


@pytest.mark.parametrize("part", ["Members:ingest", "Members:remove", "requestStatus", "userLists"])
@pytest.mark.parametrize("after", [True, False])
def test_a_killed_run_is_finished_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, part: str, after: bool
) -> None:
    """Wherever it dies, and though who may have arrived has left or has another address since."""
    shop.world.people(range(10))
    shop.world.publish()
    shop.run()
    shop.world.people(range(3, 14))
    shop.world.contacts["c_0005"] = ("moved@example.com", "+12125550105")
    shop.world.publish()
    alive = killed_at(monkeypatch, part, after)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    alive()
    shop.world.people(range(4, 12))
    shop.world.contacts["c_0005"] = ("moved-again@example.com", None)
    shop.world.contacts["c_0011"] = ("c_0011@example.com", "+12125550111")
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.wanted()
    assert sync.plan(AUDIENCE, "google").is_empty
    assert shop.told() == set(shop.world.members)
