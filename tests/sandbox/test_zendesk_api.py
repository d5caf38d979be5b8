"""Zendesk's exports and lists as its documents describe them: tokens, cursors, repeats, the last minute, what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.server import Running

from .conftest import Answer, request, shown

MINUTE = 60


class Zendesk:
    """A plain caller of the sandbox's Zendesk."""

    def __init__(self, server: Running, secret: str = "zd_secret_sandbox") -> None:
        self.server, self.base = server, f"{server.url}/zendesk"
        answer = self.token(secret)
        self.headers = {"Authorization": f"Bearer {answer.json.get('access_token')}"}

    def token(self, secret: str, grant: str = "client_credentials") -> Answer:
        body = {"grant_type": grant, "client_id": "zd_client_sandbox", "client_secret": secret, "scope": "read"}
        return request(f"{self.base}/oauth/tokens", {"Content-Type": "application/json"}, body)

    def get(self, path: str, **query: Any) -> Answer:
        return request(f"{self.base}/api/v2/{path}?{urlencode(query)}", self.headers)

    def export(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Pages of a cursor export."""
        asked: dict[str, Any] = {"start_time": 0, **query}
        while True:
            answer = self.get(path, **asked)
            if answer.status == 429:
                continue
            assert answer.status == 200, answer.body
            yield answer.json
            if answer.json["end_of_stream"]:
                return
            asked = {"cursor": answer.json["after_cursor"], **query}


@pytest.fixture(scope="module")
def desk(server: Running) -> Zendesk:
    return Zendesk(server)


def test_tokens_are_for_known_clients(desk: Zendesk) -> None:
    refused = desk.token("wrong")
    assert (refused.status, refused.json["error"]) == (401, "invalid_client")
    assert desk.token("zd_secret_sandbox", grant="password").status == 400
    assert request(f"{desk.base}/api/v2/users/me.json", {"Authorization": "Bearer other"}).status == 401
    agent = Zendesk(desk.server, "zd_secret_agent")
    assert agent.get("users/me.json").json["user"]["role"] == "agent"
    assert agent.get("incremental/tickets/cursor.json", start_time=0).status == 403
    assert Zendesk(desk.server, "zd_secret_surveys").get("satisfaction_ratings.json").status == 403


def test_a_cursor_export_shows_each_ticket_once_in_its_last_version(desk: Zendesk) -> None:
    pages = list(desk.export("incremental/tickets/cursor.json", per_page=20, include="metric_sets"))
    tickets = [ticket for page in pages for ticket in page["tickets"]]
    assert len(pages) > 3
    ids = [ticket["id"] for ticket in tickets]
    now = desk.server.now.replace(tzinfo=None)
    (expected,) = shown(
        desk.server, f"select count(distinct ticket_id) from zendesk_tickets where updated_at <= '{now}'"
    )
    assert len(ids) == len(set(ids)) == expected
    generated = [ticket["generated_timestamp"] for ticket in tickets]
    assert generated == sorted(generated)
    metrics = {one["ticket_id"]: one for page in pages for one in page["metric_sets"]}
    assert set(metrics) == set(ids)
    closed = next(ticket for ticket in tickets if ticket["status"] == "closed")
    assert desk.server.now.timestamp() > closed["generated_timestamp"]
    assert closed["updated_at"] < f"{desk.server.now:%Y-%m-%dT%H:%M:%SZ}"


def test_exports_leave_out_the_last_minute(desk: Zendesk) -> None:
    now = int(desk.server.now.timestamp())
    answer = desk.get("incremental/tickets/cursor.json", start_time=now - MINUTE + 5)
    assert (answer.status, answer.json["error"]) == (422, "StartTimeTooRecent")
    assert desk.get("incremental/tickets/cursor.json").status == 400
    for page in desk.export("incremental/tickets/cursor.json"):
        assert all(ticket["generated_timestamp"] <= now - MINUTE for ticket in page["tickets"])


def test_a_time_export_repeats_rows_and_tells_of_comments(desk: Zendesk) -> None:
    asked: dict[str, Any] = {"start_time": 0, "per_page": 7}
    found: list[dict[str, Any]] = []
    for _ in range(500):
        answer = desk.get("incremental/ticket_events.json", **asked)
        if answer.status == 429:
            continue
        found += answer.json["ticket_events"]
        if answer.json["end_of_stream"]:
            break
        asked["start_time"] = answer.json["end_time"]
    ids = [event["id"] for event in found]
    assert len(set(ids)) < len(ids), "the last second of a page comes again"
    now = desk.server.now.replace(tzinfo=None)
    assert len(set(ids)) == shown(desk.server, f"select count(*) from zendesk_comments where revealed_at <= '{now}'")[0]
    (child,) = found[0]["child_events"]
    assert child["comment_present"] is True
    assert "body" not in child
    told = desk.get("incremental/ticket_events.json", start_time=0, per_page=1, include="comment_events").json
    assert told["ticket_events"][0]["child_events"][0]["body"]


def test_a_deleted_ticket_is_exported_and_its_comments_are_not_found(desk: Zendesk) -> None:
    tickets = [ticket for page in desk.export("incremental/tickets/cursor.json") for ticket in page["tickets"]]
    deleted = next(ticket for ticket in tickets if ticket["status"] == "deleted")
    answer = desk.get(f"tickets/{deleted['id']}/comments.json")
    assert (answer.status, answer.json["error"]) == (404, "RecordNotFound")
    other = next(ticket for ticket in tickets if ticket["status"] == "closed")
    assert desk.get(f"tickets/{other['id']}/comments.json").json["comments"][0]["body"]


def test_a_merged_user_is_nowhere_and_the_other_one_has_its_addresses(desk: Zendesk) -> None:
    pages = list(desk.export("incremental/users/cursor.json", include="identities"))
    users = {user["id"]: user for page in pages for user in page["users"]}
    now = desk.server.now.replace(tzinfo=None)
    gone = shown(desk.server, f"select user_id from zendesk_users where is_gone and updated_at <= '{now}'")
    assert gone
    assert not set(gone) & set(users)
    identities = [one for page in pages for one in page["identities"]]
    assert {one["user_id"] for one in identities} <= set(users)
    shared = [user for user in users.values() if user["shared_phone_number"]]
    numbers = {(one["user_id"], one["value"]) for one in identities if one["type"] == "phone_number"}
    assert shared
    assert not {(user["id"], user["phone"]) for user in shared} & numbers


def test_ratings_are_filtered_by_kind_and_paged(desk: Zendesk) -> None:
    found, after = [], ""
    while True:
        answer = desk.get("satisfaction_ratings.json", **{"score": "received", "page[size]": 5, "page[after]": after})
        found += answer.json["satisfaction_ratings"]
        if not answer.json["meta"]["has_more"]:
            break
        after = answer.json["meta"]["after_cursor"]
    assert len(found) > 5
    assert len({rating["id"] for rating in found}) == len(found)
    assert {rating["score"] for rating in found} <= {"good", "bad"}
    offered = desk.get("satisfaction_ratings.json", score="offered").json["satisfaction_ratings"]
    assert {rating["score"] for rating in offered} == {"offered"}


def test_ten_exports_a_minute(slow_server: Running) -> None:
    desk = Zendesk(slow_server)
    answers = [desk.get("incremental/users/cursor.json", start_time=0) for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert answers[0].headers["x-rate-limit"] == "10"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= MINUTE
    assert answers[-1].json["error"] == "APIRateLimitExceeded"
    assert desk.get("satisfaction_ratings.json").status == 200, "other lists have a limit of their own"
