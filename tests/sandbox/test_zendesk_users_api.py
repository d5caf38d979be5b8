"""Zendesk's user fields and writes to users as its documents describe them: silent keys, jobs, limits, scopes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request, shown


class Desk:
    """A plain caller that may write."""

    def __init__(self, server: Running, role: str = "admin_write") -> None:
        self.base, self.headers = f"{server.url}/zendesk/api/v2", {"Authorization": f"Bearer zd_token_{role}"}

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        return request(f"{self.base}/{path}", self.headers, body, method)

    def finish(self, answer: Answer) -> dict[str, Any]:
        job = answer.json["job_status"]
        for _ in range(600):
            if job["status"] in ("completed", "failed"):
                return dict(job)
            time.sleep(0.02)
            job = self.call("GET", f"job_statuses/{job['id']}.json").json["job_status"]
        raise AssertionError(job)


@pytest.fixture
def desk(server: Running) -> Iterator[Desk]:
    found = Desk(server)
    field = {"key": "tier", "type": "text", "title": "Tier"}
    assert found.call("POST", "user_fields", {"user_field": field}).status == 201
    yield found
    for one in found.call("GET", "user_fields").json["user_fields"]:
        if one["key"] != "shoe_size":
            found.call("DELETE", f"user_fields/{one['id']}")


@pytest.fixture(scope="module")
def users(server: Running) -> list[dict[str, Any]]:
    sql = "select distinct user_id from zendesk_users where role = 'end-user' and not is_gone order by 1"
    ids = ",".join(str(one) for one in shown(server, sql)[:60])
    return list(Desk(server).call("GET", f"users/show_many?ids={ids}").json["users"])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ({"key": "tier", "type": "text", "title": "x"}, ("key", "DuplicateValue")),
        ({"key": "a b", "type": "text", "title": "x"}, ("key", "InvalidFormat")),
        ({"key": "12", "type": "text", "title": "x"}, ("key", "InvalidFormat")),
        ({"key": "x", "type": "number", "title": "x"}, ("type", "InvalidValue")),
        ({"key": "x", "type": "text"}, ("title", "BlankValue")),
        ({"key": "x", "type": "dropdown", "title": "x"}, ("custom_field_options", "BlankValue")),
    ],
)
def test_fields_are_checked(desk: Desk, field: dict[str, str], wrong: tuple[str, str]) -> None:
    refused = desk.call("POST", "user_fields", {"user_field": field})
    assert (refused.status, refused.json["error"]) == (422, "RecordInvalid")
    ((name, errors),) = refused.json["details"].items()
    assert (name, errors[0]["error"]) == wrong


def test_values_for_no_field_are_ignored_without_a_word(desk: Desk, users: list[dict[str, Any]]) -> None:
    key = users[0]["id"]
    answer = desk.call("PUT", f"users/{key}", {"user": {"user_fields": {"tier": "gold", "nothing": "x"}}})
    assert answer.status == 200
    held = answer.json["user"]["user_fields"]
    assert held["tier"] == "gold"
    assert "nothing" not in held
    desk.call("PUT", f"users/{key}", {"user": {"user_fields": {"tier": None}}})
    assert desk.call("GET", f"users/{key}").json["user"]["user_fields"]["tier"] is None


def test_a_completed_job_holds_failed_rows(desk: Desk, users: list[dict[str, Any]]) -> None:
    options = [{"name": "a", "value": "a"}]
    about = {"key": "choice", "type": "dropdown", "title": "x", "custom_field_options": options}
    desk.call("POST", "user_fields", {"user_field": about})
    rows = [
        {"id": users[0]["id"], "user_fields": {"choice": "a"}},
        {"id": 1, "user_fields": {"choice": "a"}},
        {"id": users[1]["id"], "user_fields": {"choice": "b"}},
    ]
    job = desk.finish(desk.call("PUT", "users/update_many.json", {"users": rows}))
    assert (job["status"], job["total"], job["progress"]) == ("completed", 3, 3)
    assert [one["success"] for one in job["results"]] == [True, False, False]
    assert [one.get("error") for one in job["results"]] == [None, "UserNotFound", "UserUpdateError"]
    assert desk.call("GET", "job_statuses/nothing").status == 404


def test_a_write_comes_in_the_next_export(desk: Desk, users: list[dict[str, Any]], server: Running) -> None:
    key = users[2]["id"]
    desk.call("PUT", f"users/{key}", {"user": {"user_fields": {"tier": f"{time.time()}"}}})
    assert desk.call("GET", f"users/{key}").json["user"]["updated_at"] >= users[2]["updated_at"]
    found = desk.call("GET", f'users/search?query=email:"{users[2]["email"]}"').json["users"]
    assert [one["id"] for one in found] == [key]


def test_who_may_not(server: Running, desk: Desk) -> None:
    field = {"user_field": {"key": "other", "type": "text", "title": "x"}}
    assert Desk(server, "admin").call("POST", "user_fields", field).status == 403  # a token to read with
    assert Desk(server, "agent_write").call("POST", "user_fields", field).status == 403
    assert desk.call("POST", "users/create_or_update_many", {"users": []}).status == 403


def test_limits(slow_server: Running, users: list[dict[str, Any]]) -> None:
    desk, key = Desk(slow_server), users[0]["id"]
    rows = [{"id": key, "user_fields": {}}]
    assert desk.call("PUT", "users/update_many", {"users": rows * 101}).json["error"] == "TooManyValues"
    answers = [desk.call("PUT", f"users/{key}", {"user": {"user_fields": {}}}) for _ in range(6)]
    assert [one.status for one in answers] == [200] * 5 + [429]
    assert answers[5].headers["retry-after"]
    assert int(answers[4].headers["ratelimit-remaining"]) < int(answers[0].headers["ratelimit-remaining"])
    jobs = [desk.call("PUT", "users/update_many", {"users": rows}) for _ in range(31)]
    assert [one.status for one in jobs] == [200] * 30 + [429]
    assert (
        desk.call("GET", f"job_statuses/{jobs[0].json['job_status']['id']}.json").json["job_status"]["status"]
        == "queued"
    )
