"""LoyaltyLion and SurveyMonkey as their documents describe them: keys, pages, filters, budgets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.server import Running

from .conftest import Answer, request, shown


def loyalty(server: Running, path: str, key: str = "ll_sandbox", **query: Any) -> Answer:
    return request(f"{server.url}/loyaltylion/v2/{path}?{urlencode(query)}", {"Authorization": f"Bearer {key}"})


def survey(server: Running, path: str, token: str = "sm_sandbox", **query: Any) -> Answer:
    url = path if path.startswith("http") else f"{server.url}/surveymonkey/v3/{path}?{urlencode(query)}"
    return request(url, {"Authorization": f"bearer {token}"})


def ledger(server: Running, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = loyalty(server, "transactions", **query, **cursor).json
        found += answer["transactions"]
        if answer["cursor"]["next"] is None:
            return found
        cursor = {"cursor": answer["cursor"]["next"]}


def test_a_loyalty_key_opens_what_its_scopes_say(server: Running) -> None:
    assert loyalty(server, "customers", key="wrong").status == 401
    assert loyalty(server, "customers", key="ll_customers_only").status == 200
    assert loyalty(server, "transactions", key="ll_customers_only").status == 401
    assert loyalty(server, "customers", limit=501).status == 400


def test_the_ledger_pages_to_its_end_and_says_how_things_stand_now(server: Running) -> None:
    rows = ledger(server, limit=100)
    assert len(rows) == len({row["id"] for row in rows})
    now = server.now.replace(tzinfo=None)
    assert len(rows) == shown(server, f"select count(*) from loyaltylion_transactions where created_at <= '{now}'")[0]
    members: dict[int, int] = {}
    for row in rows:
        members[row["customer"]["id"]] = members.get(row["customer"]["id"], 0) + row["points_approved"]
        assert [name for name in ("activity", "adjustment", "claimed_reward", "expiry") if row[name]] == [
            row["resource"]
        ]
    assert all(row["customer"]["points_approved"] == members[row["customer"]["id"]] for row in rows)
    later = ledger(server, since_id=rows[40]["id"], limit=500)
    assert {row["id"] for row in later} == {row["id"] for row in rows if row["id"] > rows[40]["id"]}


def test_members_by_update_and_by_a_part_of_their_address(server: Running) -> None:
    since = f"{server.now.replace(day=1):%Y-%m-%dT%H:%M:%SZ}"
    found = loyalty(server, "customers", updated_at_min=since, sort_field="updated_at", limit=500).json["customers"]
    every = loyalty(server, "customers", limit=500).json["customers"]
    assert 0 < len(found) < len(every)
    assert all(one["updated_at"] >= since for one in found)
    assert [one["updated_at"] for one in found] == sorted(one["updated_at"] for one in found)
    assert len(loyalty(server, "customers", email="example", limit=500).json["customers"]) > 10
    account = next(one for one in every if one["merchant_id"])
    own = loyalty(server, f"customers/{account['merchant_id']}/transactions").json["transactions"]
    assert {row["customer"]["id"] for row in own} == {account["id"]}
    guests = [one for one in every if one["guest"]]
    assert guests
    assert {one["merchant_id"] for one in guests} == {None}


def test_a_survey_token_opens_what_its_scopes_say(server: Running) -> None:
    refused = survey(server, "surveys", token="wrong")
    assert (refused.status, refused.json["error"]["http_status_code"]) == (401, 401)
    assert survey(server, "surveys", token="sm_few_scopes").status == 200
    assert survey(server, "surveys/501/responses/bulk", token="sm_few_scopes").status == 403
    assert survey(server, "surveys/999/details").status == 404


def test_answers_page_by_link_and_have_texts_only_if_asked(server: Running) -> None:
    answer = survey(server, "surveys/501/responses/bulk", per_page=9, simple="true").json
    found, total = list(answer["data"]), answer["total"]
    while "next" in answer["links"]:
        answer = survey(server, answer["links"]["next"]).json
        found += answer["data"]
    assert len(found) == len({one["id"] for one in found}) == total > 9
    modified = [one["date_modified"] for one in found]
    assert modified == sorted(modified)
    scored = next(one for one in found if one["pages"][0]["questions"])
    assert scored["pages"][0]["questions"][0]["answers"][0]["simple_text"][0].isdigit()
    plain = survey(server, "surveys/501/responses/bulk", per_page=100).json["data"]
    assert (
        "simple_text"
        not in next(one for one in plain if one["id"] == scored["id"])["pages"][0]["questions"][0]["answers"][0]
    )
    since = survey(server, "surveys/501/responses/bulk", start_modified_at=modified[5][:19]).json["total"]
    assert since == sum(one >= modified[5] for one in modified)


def test_two_budgets_of_calls(slow_server: Running) -> None:
    answers = [survey(slow_server, "surveys") for _ in range(121)]
    assert [answer.status for answer in answers] == [200] * 120 + [429]
    spent = answers[119].headers
    assert spent["x-ratelimit-app-global-minute-remaining"] == "0"
    assert 1 <= int(spent["x-ratelimit-app-global-minute-reset"]) <= 60
    assert spent["x-ratelimit-app-global-day-remaining"] == "380"
    assert "retry-after" not in answers[-1].headers
    assert answers[-1].json["error"]["id"] == "1040"


@pytest.mark.parametrize("vendor", ["zendesk", "loyaltylion", "surveymonkey"])
def test_faults_of_transport_hit_these_vendors_too(vendor: str, server: Running) -> None:
    server.faults(vendor, "error_500")
    assert request(f"{server.url}/{vendor}/nothing", {}).status == 500
    assert request(f"{server.url}/{vendor}/nothing", {}).status == 404
