"""HubSpot's contacts and properties as its documents describe them: whole refusals, rows that fail alone, limits."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request


class HubSpot:
    """A plain caller."""

    def __init__(self, server: Running, token: str = "pat-na1-sandbox") -> None:
        self.base, self.headers = f"{server.url}/hubspot/crm", {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        return request(f"{self.base}/{path}", self.headers, body, method)

    def batch(self, verb: str, inputs: list[dict[str, Any]]) -> Answer:
        return self.call("POST", f"objects/2026-09/contacts/batch/{verb}", {"inputs": inputs})


@pytest.fixture
def hub(server: Running) -> HubSpot:
    return HubSpot(server)


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


def by_email(address: str, trace: str | None = None, **properties: str) -> dict[str, Any]:
    row: dict[str, Any] = {"idProperty": "email", "id": address, "properties": properties}
    return row | ({"objectWriteTraceId": trace} if trace else {})


def test_one_wrong_value_refuses_the_batch(hub: HubSpot, email: str) -> None:
    rows = [by_email(f"1-{email}", "1", shoe_size="42"), by_email(f"2-{email}", "2", shoe_size="large")]
    refused = hub.batch("upsert", rows)
    assert (refused.status, refused.json["category"]) == (400, "VALIDATION_ERROR")
    assert [one["code"] for one in refused.json["errors"]] == ["INVALID_INTEGER"]
    assert refused.json["correlationId"]
    assert hub.call("GET", f"objects/2026-09/contacts/1-{email}?idProperty=email").status == 404
    for properties, code in (({"nothing": "x"}, "PROPERTY_DOESNT_EXIST"), ({"email": "x"}, "INVALID_EMAIL")):
        refused = hub.batch("upsert", [by_email(f"1-{email}", "1", **properties)])
        assert refused.json["errors"][0]["code"] == code
    assert hub.batch("upsert", [by_email(email), by_email(email.upper())]).json["errors"][0]["code"] == "DUPLICATE_ID"
    assert hub.batch("upsert", [by_email(f"{n}-{email}") for n in range(101)]).status == 400


def test_who_is_not_there_fails_alone_where_rows_are_traced(hub: HubSpot, email: str) -> None:
    assert hub.batch("upsert", [by_email(email, shoe_size="42")]).json["results"][0]["new"]
    rows = [by_email(email, "a", shoe_size="43"), by_email(f"no-{email}", "b", shoe_size="1")]
    answer = hub.batch("update", rows)
    assert (answer.status, answer.json["numErrors"]) == (207, 1)
    assert [one["objectWriteTraceId"] for one in answer.json["results"]] == ["a"]
    (error,) = answer.json["errors"]
    assert (error["category"], error["context"]["objectWriteTraceId"]) == ("OBJECT_NOT_FOUND", ["b"])
    untraced = [{key: value for key, value in row.items() if key != "objectWriteTraceId"} for row in rows]
    assert hub.batch("update", untraced).status == 404


def test_an_empty_text_clears_and_the_rest_stays(hub: HubSpot, email: str) -> None:
    hub.batch("upsert", [by_email(email, shoe_size="42", firstname="Ana")])
    (one,) = hub.batch("upsert", [by_email(email, shoe_size="")]).json["results"]
    assert one["properties"].get("shoe_size") is None
    assert one["properties"]["firstname"] == "Ana"
    path = f"objects/2026-09/contacts/{one['id']}?properties=shoe_size"
    assert hub.call("GET", path).json["properties"]["shoe_size"] is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 201),
        ({"name": "Upper"}, 400),
        ({"name": "9th"}, 400),
        ({"name": "email"}, 409),
        ({"fieldType": "number"}, 400),
        ({"groupName": "nothing"}, 400),
        ({"label": ""}, 400),
    ],
)
def test_properties_are_checked(hub: HubSpot, change: dict[str, str], status: int) -> None:
    given = {
        "name": f"p_{uuid.uuid4().hex[:8]}",
        "label": "P",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    assert hub.call("POST", "properties/2026-09/contacts", given | change).status == status


def test_tokens_scopes_and_versions(server: Running, hub: HubSpot, email: str) -> None:
    assert HubSpot(server, "no").call("GET", "properties/2026-09/contacts").status == 401
    reader = HubSpot(server, "pat-na1-reads")
    assert reader.call("GET", "properties/2026-09/contacts").status == 200
    assert reader.batch("upsert", [by_email(email)]).json["category"] == "MISSING_SCOPES"
    assert hub.call("GET", "v3/properties/contacts").json == hub.call("GET", "properties/2026-03/contacts").json
    assert hub.call("GET", "properties/2025-09/contacts").status == 404


def test_a_list_gives_ten_unless_asked(hub: HubSpot, email: str) -> None:
    hub.batch("upsert", [by_email(f"{n}-{email}") for n in range(12)])
    page = hub.call("GET", "objects/2026-09/contacts").json
    assert len(page["results"]) == 10
    after = page["paging"]["next"]["after"]
    assert int(hub.call("GET", f"objects/2026-09/contacts?after={after}").json["results"][0]["id"]) > int(after)


def test_limit(slow_server: Running) -> None:
    hub = HubSpot(slow_server)
    answers = [hub.call("GET", "properties/2026-09/contacts") for _ in range(191)]
    refused = [one for one in answers if one.status == 429]
    assert refused
    assert refused[0].json["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "retry-after" not in refused[0].headers
    assert answers[0].headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
