"""The Zendesk destination against the sandbox's server: agents see what we want, and nothing else of a user changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from activation import sync
from activation.destination import Contact, DestinationError, Member
from activation.destinations import zendesk
from sandbox.server import Running
from tests.activation import checks
from tests.activation.shops import Tool, forget
from tests.activation.world import AUDIENCE, World
from tests.sandbox.conftest import request, shown

SKU, AMOUNT, AT, CUSTOMER = (
    f"selvage_{AUDIENCE}__{name}" for name in ("last_product_sku", "cart_value_amount", "last_cart_at", "customer_id")
)


@dataclass
class Shop(Tool):
    """A world routed to Zendesk's sandbox, everything that left for it, and every wait of its client."""

    NAME = "zendesk"
    USE = ("support", "service")

    users: list[int]
    headers: dict[str, str]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return request(f"{self.server.url}/zendesk/api/v2/{path}", self.headers, body, method)

    def user(self, key: int) -> dict[str, Any]:
        return dict(self.call("GET", f"users/{key}.json").json["user"])

    def held(self) -> dict[int, str]:
        """User -> last product, of those that have one."""
        found = self.call("GET", f"users/show_many?ids={','.join(map(str, self.users))}").json["users"]
        return {one["id"]: one["user_fields"][SKU] for one in found if one["user_fields"].get(SKU)}

    def wanted(self) -> dict[int, str]:
        return {int(key): product for key, product in self.wanted_by_ids().items()}


@pytest.fixture
def shop(world: World, server: Running, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Thirty users; each customer is one of them, the first two."""
    login = {"grant_type": "client_credentials", "client_id": "zd_client_sandbox", "client_secret": "zd_secret_sandbox"}
    given = {**login, "scope": "read write"}
    token = request(f"{server.url}/zendesk/oauth/tokens", {}, given).json["access_token"]
    sql = "select distinct user_id from zendesk_users where role = 'end-user' and not is_gone order by 1"
    shop = Shop(world, server, [], {"Authorization": f"Bearer {token}"})
    shop.open(monkeypatch)
    known = shop.call("GET", f"users/show_many?ids={','.join(map(str, shown(server, sql)[:100]))}").json["users"]
    shop.users = [one["id"] for one in known][:30]
    for one in shop.call("GET", "user_fields").json["user_fields"]:
        if one["key"].startswith("selvage_"):
            assert shop.call("DELETE", f"user_fields/{one['id']}").status == 204
    monkeypatch.setattr(zendesk, "FIRST_POLL_SECONDS", 0.01)
    shop.listen(monkeypatch)
    world.people(range(29))
    names = list(world.members)
    world.tool_ids = {name: str(shop.users[number + 1]) for number, name in enumerate(names)}
    world.tool_ids[names[0]] = f"{shop.users[0]},{shop.users[1]}"
    return shop


def test_users_get_fields_and_lose_them(shop: Shop) -> None:
    before = shop.user(shop.users[3])
    first = shop.run()
    assert (first.added, first.rejected, first.members) == (29, 0, 29)
    assert shop.held() == shop.wanted()
    assert len(shop.held()) == 30  # both users of the one who has two
    after = shop.user(shop.users[3])
    assert after["user_fields"][AMOUNT] == 12.5
    assert after["user_fields"][AT] == "2026-06-01T10:00:00Z"
    kept = ("external_id", "email", "phone", "name", "tags", "created_at")
    assert {name: before[name] for name in kept} == {name: after[name] for name in kept}
    types = {one["key"]: one["type"] for one in shop.call("GET", "user_fields").json["user_fields"]}
    assert (types[SKU], types[AMOUNT], types[CUSTOMER]) == ("text", "decimal", "text")
    rows = shop.world.ledger_rows("zendesk")
    assert {row["remote_id"] for row in rows} == set(shop.world.tool_ids.values())
    assert all(row["job_id"] for row in rows)
    calls = len(shop.sent)
    assert shop.run().sent == 0
    assert len(shop.sent) == calls
    shop.world.members["c_0005"] = "SKU-9"
    del shop.world.members["c_0000"]
    shop.world.suppressed = {"c_0007": "erased"}
    second = shop.run()
    assert (second.added, second.updated, second.removed) == (0, 1, 2)
    assert shop.held() == shop.wanted()
    assert set(shop.user(shop.users[0])["user_fields"].values()) == {None}


def test_who_has_no_user_is_not_created(shop: Shop) -> None:
    del shop.world.tool_ids["c_0004"]
    assert shop.run().added == 28
    paths = {url.partition("/api/v2/")[2].partition("?")[0].partition("/")[0] for _, url, _ in shop.sent}
    assert paths <= {"users", "user_fields.json", "job_statuses", ""}
    assert not [url for method, url, _ in shop.sent if method == "POST" and "/users" in url]


def test_fields_of_others_and_of_other_audiences_stay(shop: Shop) -> None:
    other = f"selvage_{AUDIENCE}_b__last_product_sku"
    assert shop.call("POST", "user_fields", {"user_field": {"key": other, "type": "text", "title": "x"}}).status == 201
    mine = {"shoe_size": "42", other: "theirs"}
    shop.call("PUT", f"users/{shop.users[5]}", {"user": {"user_fields": mine}})
    shop.run()
    shop.world.people([])
    shop.world.members = {"c_0020": "SKU-1"}
    shop.run()
    held = shop.user(shop.users[5])["user_fields"]
    assert {key: value for key, value in held.items() if value} == mine


def test_a_user_that_changes_hands_is_told_of_its_new_customer(shop: Shop) -> None:
    shop.run()
    ids = shop.world.tool_ids
    ids["c_0000"], ids["c_0001"] = str(shop.users[0]), f"{shop.users[1]},{shop.users[2]}"
    shop.world.members["c_0001"] = "SKU-8"
    shop.run()
    assert shop.held() == shop.wanted()
    assert shop.user(shop.users[1])["user_fields"][CUSTOMER] == "c_0001"


def test_what_another_customer_was_told_under_since_is_not_emptied(shop: Shop) -> None:
    """Two customers of two batches: the user went over to the one that was told first."""
    shop.run()
    connection, users = shop.connection(), shop.users
    zendesk.add(connection, [Member("c_0002", Contact(zendesk_ids=f"{users[1]},{users[3]}"), {"tier": "x"})], forget)
    zendesk.remove(connection, [Member("c_0000", Contact(), remote_id=f"{users[0]},{users[1]}")], forget)
    assert shop.user(users[0])["user_fields"][CUSTOMER] is None
    assert shop.user(users[1])["user_fields"][CUSTOMER] == "c_0002"


def test_an_erased_customer_of_whom_nothing_is_known_is_searched(shop: Shop) -> None:
    shop.run()
    connection = shop.connection()
    (told,) = zendesk.remove(connection, [Member("c_0006", Contact())], forget)
    assert told.status == "acknowledged"
    assert shop.user(shop.users[7])["user_fields"][SKU] is None
    assert len(shop.held()) == 29


def test_a_user_that_is_gone_is_rejected_and_another_of_theirs_suffices(shop: Shop) -> None:
    shop.world.tool_ids["c_0002"] = "999"
    shop.world.tool_ids["c_0003"] = f"998,{shop.users[4]}"
    found = shop.run()
    assert (found.added, found.rejected_reasons) == (28, {"no such user at Zendesk": 1})
    rows = {row["customer_id"]: row for row in shop.world.ledger_rows("zendesk")}
    assert rows["c_0003"]["reason"] == "1 of 2 users are no more"
    assert rows["c_0003"]["remote_id"] == str(shop.users[4])


def test_faults_end_in_the_same_state(shop: Shop) -> None:
    checks.faults_end_in_the_same_state(shop, "zendesk")
    assert len([one for one in shop.call("GET", "user_fields").json["user_fields"] if one["key"] == SKU]) == 1


def test_a_failed_job_is_rejected_and_told_again(shop: Shop) -> None:
    shop.server.faults("zendesk", "job_failed")
    assert shop.run().rejected_reasons == {"job failed": 29}
    assert shop.held() == {}
    assert shop.run().added == 29
    assert shop.held() == shop.wanted()


def test_a_killed_run_asks_for_its_job(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    results = zendesk._results

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(zendesk, "_results", killed)
    with pytest.raises(KeyboardInterrupt):
        shop.run()
    monkeypatch.setattr(zendesk, "_results", results)
    writes = [url for method, url, _ in shop.sent if method == "PUT"]
    plan = sync.plan(AUDIENCE, "zendesk")
    assert plan.is_empty  # the job's outcome was asked for and recorded
    assert [url for method, url, _ in shop.sent if method == "PUT"] == writes
    assert {row["remote_id"] for row in shop.world.ledger_rows("zendesk")} == set(shop.world.tool_ids.values())
    assert shop.held() == shop.wanted()
    assert zendesk.resume(shop.connection(), f"write {'.'.join('1' * 29)} {'0' * 32}", list(shop.world.members)) is None


def test_a_dropdown_of_the_same_key_stops_it(shop: Shop) -> None:
    about = {"key": SKU, "type": "dropdown", "title": "x", "custom_field_options": [{"name": "a", "value": "a"}]}
    assert shop.call("POST", "user_fields", {"user_field": about}).status == 201
    with pytest.raises(DestinationError, match=f"{SKU} is a dropdown"):
        shop.run()


def test_many_users_go_in_jobs_of_a_hundred(shop: Shop) -> None:
    ids = ",".join(str(one) for one in shop.users)
    members = [Member(f"c_{n}", Contact(zendesk_ids=ids), {"order_count": n, "sum": Decimal("0.10")}) for n in range(7)]
    noted: list[str] = []
    told = zendesk.add(shop.connection(), members, noted.append)
    assert [one.status for one in told] == ["acknowledged"] * 7
    bodies = [json.loads(body)["users"] for method, url, body in shop.sent if method == "PUT"]
    assert [len(one) for one in bodies] == [100, 100, 10]
    assert len(noted) == 3
    half = zendesk.resume(shop.connection(), noted[0], [one.customer_id for one in members])
    assert half is not None  # killed between two jobs: who was in none of those noted comes again
    assert [one.status for one in half] == ["acknowledged"] * 3 + ["rejected"] * 4


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("zd_secret_agent", "must be an admin's and have the scope write"),
        ("no", "ZENDESK_CLIENT_SECRET are not of one OAuth client"),
    ],
)
def test_wrong_logins_say_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    checks.a_wrong_setting_is_named(shop, monkeypatch, "zendesk", "ZENDESK_CLIENT_SECRET", value, words)


def test_a_token_that_ran_out_is_made_anew(shop: Shop) -> None:
    connection = shop.connection()
    connection.headers["Authorization"] = "Bearer old"
    assert zendesk._fields(connection)
    assert [url.rpartition("/")[2] for _, url, _ in shop.sent] == ["user_fields.json", "tokens", "user_fields.json"]


def test_nothing_personal_is_logged(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    checks.no_property_is_in_any_log(shop, caplog)
