"""Klaviyo's own Python client reads and writes the sandbox. It sends revision 2026-10-15."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from klaviyo_api import KlaviyoAPI

from sandbox.server import Running


@pytest.fixture(scope="module")
def client(server: Running) -> KlaviyoAPI:
    return KlaviyoAPI("pk_sandbox", max_delay=5, max_retries=2, test_host=f"{server.url}/klaviyo")


def rows(answer: Any) -> list[Any]:
    return answer["data"] if isinstance(answer, dict) else answer.data  # type: ignore[no-any-return]


def part(one: Any, *path: str) -> Any:
    """A value of a model or of a dict: the client gives either."""
    for name in path:
        one = one[name] if isinstance(one, dict) else getattr(one, name)
    return one


def test_reads_profiles_with_consent(client: KlaviyoAPI) -> None:
    page = client.Profiles.get_profiles(page_size=50, sort="updated", additional_fields_profile=["subscriptions"])
    assert len(rows(page)) == 50
    # The client cuts the cursor out of a whole link only if it begins with https.
    cursor = parse_qs(urlsplit(part(page, "links", "next")).query)["page[cursor]"][0]
    following = client.Profiles.get_profiles(
        page_size=50, sort="updated", additional_fields_profile=["subscriptions"], page_cursor=cursor
    )
    first, second = ({part(one, "id") for one in rows(answer)} for answer in (page, following))
    assert len(second) == 50
    assert not first & second
    one = client.Profiles.get_profile(part(rows(page)[0], "id"))
    assert part(one, "data", "attributes", "email") == part(rows(page)[0], "attributes", "email")


def test_reads_events_and_metrics(client: KlaviyoAPI) -> None:
    names = {part(one, "attributes", "name") for one in rows(client.Metrics.get_metrics())}
    assert {"Received Email", "Opened Email", "Clicked Email"} <= names
    page = client.Events.get_events(
        filter="greater-or-equal(datetime,2026-04-01T00:00:00Z)", sort="datetime", page_size=100
    )
    assert len(rows(page)) == 100
    assert part(rows(page)[0], "relationships", "profile", "data", "id")


def test_writes_a_list_its_members_and_an_import(client: KlaviyoAPI) -> None:
    made = client.Lists.create_list({"data": {"type": "list", "attributes": {"name": "From the SDK"}}})
    key = part(made, "data", "id")
    ids = [part(one, "id") for one in rows(client.Profiles.get_profiles(page_size=10))]
    members = {"data": [{"type": "profile", "id": one} for one in ids]}
    client.Lists.add_profiles_to_list(key, members)
    client.Lists.remove_profiles_from_list(key, {"data": members["data"][:4]})
    assert {part(one, "id") for one in rows(client.Lists.get_profile_ids_for_list(key))} == set(ids[4:])
    profile = {"type": "profile", "attributes": {"email": "sdk@example.com", "properties": {"cart_value": 12.5}}}
    bad = {"type": "profile", "attributes": {"email": "nonsense"}}
    job = client.Profiles.bulk_import_profiles(
        {
            "data": {
                "type": "profile-bulk-import-job",
                "attributes": {"profiles": {"data": [profile, bad]}},
                "relationships": {"lists": {"data": [{"type": "list", "id": key}]}},
            }
        }
    )
    number = part(job, "data", "id")
    for _ in range(200):
        state = client.Profiles.get_bulk_import_profiles_job(number)
        if part(state, "data", "attributes", "status") == "complete":
            break
        time.sleep(0.05)
    assert part(state, "data", "attributes", "completed_count") == 1
    errors = rows(client.Profiles.get_errors_for_bulk_import_profiles_job(number))
    assert [part(one, "attributes", "code") for one in errors] == ["invalid"]
    mails = {part(one, "attributes", "email") for one in rows(client.Lists.get_profiles_for_list(key))}
    assert "sdk@example.com" in mails
    assert len(mails) == 7
