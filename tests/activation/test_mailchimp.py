"""The Mailchimp destination against the sandbox's server: who bears the tag is whom we want, and no status changes."""

from __future__ import annotations

import hashlib
import json
import random
import urllib.request
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from activation import sync
from activation.destination import Audience, Contact, DestinationError, Member
from activation.destinations import mailchimp
from activation.mailchimp import batches
from sandbox.server import Running
from tests.activation import checks
from tests.activation.shops import Tool, forget
from tests.activation.world import AUDIENCE, World
from tests.sandbox.mailchimp_caller import Mailchimp

TITLE = "Selvage: cart abandoners"
SKU, AMOUNT, AT = (mailchimp.tag_of(name) for name in ("last_product_sku", "cart_value_amount", "last_cart_at"))


@dataclass
class Shop(Tool):
    """A world routed to Mailchimp's sandbox, everything that left for it, and every wait of its client."""

    NAME = "mailchimp"

    caller: Mailchimp

    def everybody(self) -> dict[str, dict[str, Any]]:
        """Address -> contact, archived ones included."""
        with urllib.request.urlopen(f"{self.server.url}/mailchimp/_sandbox/members") as answer:
            return {one["email_address"]: one for one in json.load(answer)["members"]}

    def tagged(self) -> dict[str, dict[str, Any]]:
        found = self.everybody().items()
        return {email: one for email, one in found if TITLE in [tag["name"] for tag in one["tags"]]}

    def held(self) -> dict[str, str]:
        return {email: one["merge_fields"][SKU] for email, one in self.tagged().items()}

    def run(self, **options: Any) -> sync.SyncResult:
        return sync.apply(sync.plan(AUDIENCE, "mailchimp", **options))


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop(world, server, Mailchimp(server))
    shop.open(monkeypatch)
    for one in shop.caller.get("segments?count=1000")["segments"]:  # each test begins without a tag and without people
        shop.caller.call("DELETE", f"segments/{one['id']}")
    shop.caller.batch([("DELETE", f"members/{one['id']}", None) for one in shop.everybody().values()])
    shop.listen(monkeypatch)
    shop.world.contacts = {f"c_{n:04d}": (f"{n}-{random.random():.12f}@example.com", None) for n in range(400)}
    return shop


def email_of(shop: Shop, number: int) -> str:
    return str(shop.world.contacts[f"c_{number:04d}"][0])


def test_add_update_move_remove(shop: Shop) -> None:
    shop.world.people(range(250))
    shop.world.publish()
    first = shop.run()
    assert (first.added, first.rejected, first.members) == (250, 0, 250)
    assert shop.held() == shop.world.wanted()
    one = shop.tagged()[email_of(shop, 7)]
    assert one["status"] == "transactional"  # nobody is subscribed by a sync
    assert (one["merge_fields"][AMOUNT], one["merge_fields"][AT]) == ("12.5000", "2026-06-01T10:00:00Z")
    assert one["merge_fields"][mailchimp.tag_of("customer_id")] == "c_0007"
    assert all(row["remote_id"] and row["job_id"].startswith("put ") for row in shop.world.ledger_rows("mailchimp"))
    shop.world.people(range(50, 260))
    shop.world.members["c_0060"] = "SKU-9"
    old, shop.world.contacts["c_0061"] = email_of(shop, 61), ("moved@example.com", None)
    shop.world.publish()
    second = shop.run()
    assert (second.added, second.updated, second.removed, second.members) == (10, 2, 50, 210)
    assert shop.held() == shop.world.wanted()
    assert shop.everybody()[old]["status"] == "transactional"  # the contact is the shop's: only the tag went
    assert len([one for one in shop.everybody().values() if one["status"] != "archived"]) == 261
    calls = len(shop.sent)
    shop.world.publish()
    assert shop.run().sent == 0
    assert len(shop.sent) == calls


def test_batches_have_the_sheets_sizes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailchimp, "BATCH_SIZE", {"add": 100, "update": 100, "remove": 40})
    shop.world.people(range(230))
    shop.world.publish()
    shop.run()
    sizes = [len(json.loads(body)["operations"]) for method, url, body in shop.sent if url.endswith("/batches")]
    assert sizes == [100, 100, 30]
    assert mailchimp.BATCH_SIZE["add"] <= 500


def test_nobody_is_ever_resubscribed(shop: Shop) -> None:
    """Whatever their status was before, it is after: added, updated, removed and added again."""
    statuses = dict(enumerate(("subscribed", "unsubscribed", "cleaned", "pending", "transactional")))
    for number, status in statuses.items():
        shop.caller.put(email_of(shop, number), status_if_new=status)
    shop.world.people(range(6))
    shop.world.publish()
    result = shop.run()
    assert (result.accepted, result.rejected) == (6, 0)

    def told() -> dict[str, str]:
        return {email: one["status"] for email, one in shop.everybody().items() if one["status"] != "archived"}

    wanted = {email_of(shop, number): status for number, status in statuses.items()}
    wanted[email_of(shop, 5)] = "transactional"
    assert told() == wanted
    reasons = {row["customer_id"]: row["reason"] for row in shop.world.ledger_rows("mailchimp") if row["reason"]}
    assert reasons == {"c_0001": "unsubscribed at Mailchimp", "c_0002": "cleaned at Mailchimp"}
    shop.world.people(range(3), product="SKU-2")
    shop.world.publish()
    shop.run()
    shop.world.people(range(6), product="SKU-3")
    shop.world.publish()
    shop.run()
    assert told() == wanted
    assert shop.held() == shop.world.wanted()
    operations = [
        one for _, url, body in shop.sent if url.endswith("/batches") for one in json.loads(body)["operations"]
    ]
    assert operations
    for one in operations:
        assert not {"status", "marketing_permissions", "ip_opt"} & set(json.loads(one["body"]))
        assert "subscribed" not in one["body"]


def test_archived_forgotten_and_fake_are_rejected_and_given_up(shop: Shop) -> None:
    for number in (1, 2):
        shop.caller.put(email_of(shop, number), status_if_new="subscribed")
    shop.caller.call("DELETE", f"members/{shop.caller.key(email_of(shop, 1))}")
    shop.caller.call("POST", f"members/{shop.caller.key(email_of(shop, 2))}/actions/delete-permanent")
    shop.world.contacts["c_0003"] = ("someone@fake.example", None)
    shop.world.contacts["c_0004"] = ("nobody", None)
    shop.world.people(range(5))
    shop.world.publish()
    for _ in range(5):
        result = shop.run()
        assert result.rejected_reasons == {
            "archived at Mailchimp": 1,
            "400 Forgotten Email Not Subscribed": 1,
            "400 Invalid Resource": 1,
            "no usable email": 1,
        }
    assert set(shop.held()) == {email_of(shop, 0)}
    assert shop.everybody()[email_of(shop, 1)]["status"] == "archived"
    calls = len(shop.sent)
    plan = sync.plan(AUDIENCE, "mailchimp")
    assert (plan.is_empty, plan.counts["expired"]) == (True, 4)  # the dead list: until their data change
    assert len(shop.sent) == calls
    ledger = " ".join(str(row) for row in shop.world.ledger_rows("mailchimp"))
    assert "@" not in ledger
    assert hashlib.md5(email_of(shop, 0).encode()).hexdigest() not in ledger  # which is as good as the address


def test_fields_that_the_shop_requires_block_nobody(shop: Shop) -> None:
    if "MUST" not in [one["tag"] for one in shop.caller.get("merge-fields?count=100")["merge_fields"]]:
        made = {"name": "Must", "tag": "MUST", "type": "text", "required": True}
        assert shop.caller.call("POST", "merge-fields", made).status == 200
    shop.world.people(range(3))
    shop.world.publish()
    assert shop.run().accepted == 3


def test_properties_are_typed_exact_and_cleared(shop: Shop) -> None:
    contact = Contact(email="props@example.com")
    one = Member("c_1", contact, {"a": Decimal("1234567890123.4567"), "b": True, "c": None, "d": 3, "e": "x"})
    mailchimp.add(shop.connection(), [one], forget)
    kinds = {row["tag"]: row["type"] for row in shop.caller.get("merge-fields?count=100")["merge_fields"]}
    tags = {name: mailchimp.tag_of(name) for name in "abcde"}
    assert [kinds.get(tags[name]) for name in "abcde"] == ["number", "text", None, "number", "text"]
    fields = shop.everybody()["props@example.com"]["merge_fields"]
    assert [fields.get(tags[name]) for name in "abde"] == ["1234567890123.4567", "true", "3", "x"]
    mailchimp.update(shop.connection(), [Member("c_1", contact, dict.fromkeys("abde"))], forget)
    fields = shop.everybody()["props@example.com"]["merge_fields"]
    assert [fields.get(tags[name]) for name in "abde"] == [""] * 4
    too_long = Member("c_1", contact, {"e": "x" * 256})
    (outcome,) = mailchimp.update(shop.connection(), [too_long], forget)
    assert (outcome.status, outcome.reason) == ("rejected", f"400 Invalid Resource: {tags['e']}")


def test_merge_tags_are_short_and_apart() -> None:
    names = ["last_product_sku", "last_product_name", "last_product", "lastproduct", "x", "größe"]
    tags = [mailchimp.tag_of(name) for name in names]
    assert len(set(tags)) == len(names)
    assert all(len(tag) <= 10 and tag.isascii() for tag in tags)


def test_a_contact_is_addressed_by_the_published_hash(shop: Shop) -> None:
    mailchimp.add(shop.connection(), [Member("c_1", Contact(email=" Ana.Lima@Example.com "))], forget)
    (sent,) = [json.loads(body)["operations"] for _, url, body in shop.sent if url.endswith("/batches")]
    assert sent[0]["path"] == "/lists/a1b2c3d4e5/members/c76377078850b0c7e72a02c99d721acb"
    assert set(shop.tagged()) == {"ana.lima@example.com"}


def test_two_customers_with_one_contact(shop: Shop) -> None:
    """Addresses that differ in their capitals are one contact: it keeps the tag for as long as one of both is wanted."""
    shop.world.contacts["c_0001"] = (email_of(shop, 0).upper(), None)
    shop.world.people(range(2))
    shop.world.publish()
    shop.run()
    assert set(shop.held()) == {email_of(shop, 0)}
    shop.world.people(range(1))
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.world.wanted()


def test_who_is_removed_is_known_by_any_name(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.run()
    ids = {row["customer_id"]: row["remote_id"] for row in shop.world.ledger_rows("mailchimp")}
    members = [
        Member("c_0000", Contact(), remote_id=ids["c_0000"]),
        Member("c_0001", Contact(email=email_of(shop, 1).upper())),
        Member("c_0002", Contact()),
        Member("c_0999", Contact()),
        Member("c_0998", Contact(email="never@example.com")),
    ]
    assert {one.status for one in mailchimp.remove(shop.connection(), members, forget)} == {"acknowledged"}
    assert set(shop.held()) == {email_of(shop, 3), email_of(shop, 4)}


@pytest.mark.parametrize("kind", ["throttle", "transient", "error_500", "hangup"])
def test_faults_lose_no_row(shop: Shop, kind: str) -> None:
    shop.world.people(range(30))
    shop.world.publish()
    shop.server.faults("mailchimp", kind, 2)
    result = shop.run()
    assert (result.accepted, result.rejected) == (30, 0)
    assert shop.held() == shop.world.wanted()
    assert len(shop.waits) == (2 if kind == "transient" else 0)  # a 403 without JSON is a throttle, too


def test_a_batch_left_behind_is_asked_for_not_sent_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run dies between the batch and the tag: the next plan puts the tag on, and has nothing left to do."""
    shop.world.contacts["c_0003"] = ("someone@fake.example", None)
    shop.world.people(range(10))
    shop.world.publish()
    put_on = mailchimp._put_tag_on

    def dies(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(mailchimp, "_put_tag_on", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(mailchimp, "_put_tag_on", put_on)
    assert shop.held() == {}
    calls = sum(url.endswith("/batches") for _, url, _ in shop.sent)
    plan = sync.plan(AUDIENCE, "mailchimp")
    assert plan.actions["customer_id"].to_pylist() == ["c_0003"]
    assert set(shop.held()) == set(shop.world.wanted()) - {"someone@fake.example"}
    assert sum(url.endswith("/batches") for _, url, _ in shop.sent) == calls
    shop.world.people(range(5))
    shop.world.publish()
    finish = mailchimp._finish_remove
    monkeypatch.setattr(mailchimp, "_finish_remove", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(mailchimp, "_finish_remove", finish)
    plan = sync.plan(AUDIENCE, "mailchimp")
    assert plan.removals == 0
    assert set(shop.held()) == set(shop.world.wanted()) - {"someone@fake.example"}


def test_a_batch_that_was_forgotten_is_sent_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.world.people(range(10))
    shop.world.publish()
    download = batches.download

    def dies(_: str) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(batches, "download", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(batches, "download", download)
    shop.server.faults("mailchimp", "job_failed", 1)
    shop.world.people(range(1, 10))
    shop.world.publish()
    shop.run()
    assert shop.held() == shop.world.wanted()
    assert sync.plan(AUDIENCE, "mailchimp").is_empty


def test_a_tag_that_was_deleted_there_is_healed_by_a_resend(shop: Shop) -> None:
    shop.world.people(range(5))
    shop.world.publish()
    shop.run()
    (segment,) = shop.caller.get("segments?count=1000")["segments"]
    shop.caller.call("DELETE", f"segments/{segment['id']}")
    shop.world.people(range(3, 5))
    shop.world.publish()
    assert shop.run().removed == 3
    shop.run(resend=True)
    assert shop.held() == shop.world.wanted()


def test_what_was_made_before_its_answer_was_lost_is_found(shop: Shop) -> None:
    """A tag and a field can't be made twice: the repeated call is refused, and what is there is taken."""
    connection = shop.connection()
    shop.server.faults("mailchimp", "hangup", 1)
    segment_id = mailchimp._make_segment(connection)
    assert [str(one["id"]) for one in shop.caller.get("segments?count=1000")["segments"]] == [segment_id]
    connection.fields = mailchimp._field_tags(connection)
    name = f"property_{random.random()}"
    shop.server.faults("mailchimp", "hangup", 1)
    mailchimp._make_fields(connection, [Member("c_1", Contact(), {name: 1})])
    fields = [one["tag"] for one in shop.caller.get("merge-fields?count=100")["merge_fields"]]
    assert fields.count(mailchimp.tag_of(name)) == 1
    connection.audience = Audience("x" * 200, "", "marketing", "email", "mailchimp")
    connection.segment_id = None
    with pytest.raises(DestinationError, match="400 Invalid Resource: name") as error:
        mailchimp._make_segment(connection)
    assert type(error.value) is DestinationError


def test_no_address_in_any_log_or_error(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.no_address_is_in_any_log_or_error(shop, caplog, monkeypatch, "mailchimp", "secret@fake.example")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("MAILCHIMP_API_KEY", "wrong-us21", "401 API Key Invalid: MAILCHIMP_API_KEY is not valid"),
        ("MAILCHIMP_LIST_ID", "f0f0f0", r"404 Resource Not Found: .*MAILCHIMP_LIST_ID"),
    ],
)
def test_a_wrong_setting_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    checks.a_wrong_setting_is_named(shop, monkeypatch, "mailchimp", variable, value, words)


def test_the_key_goes_to_no_other_address(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from requests.adapters import HTTPAdapter

    seen, send = [], HTTPAdapter.send

    def noted(self: HTTPAdapter, sent: Any, **given: Any) -> Any:
        seen.append((sent.url, "Authorization" in sent.headers))
        return send(self, sent, **given)

    monkeypatch.setattr(HTTPAdapter, "send", noted)
    mailchimp.add(shop.connection(), [Member("c_1", Contact(email="key@example.com"))], forget)
    assert [has_key for url, has_key in seen if "_results" in url] == [False]
    assert all(has_key for url, has_key in seen if "_results" not in url)


def test_random_days_end_in_what_is_wanted(shop: Shop) -> None:
    choice = random.Random(5)
    for day in range(4):
        shop.world.people(sorted(choice.sample(range(40), 25)), product=f"SKU-{day % 2}")
        for customer in choice.sample(sorted(shop.world.members), 3):
            shop.world.contacts[customer] = (f"other-{choice.randrange(8)}@elsewhere.example.com", None)
        shop.world.suppressed = dict.fromkeys(choice.sample(sorted(shop.world.members), 2), "consent_denied")
        shop.world.publish()
        shop.run()
        assert shop.held() == shop.world.wanted()
        assert sync.plan(AUDIENCE, "mailchimp").is_empty
