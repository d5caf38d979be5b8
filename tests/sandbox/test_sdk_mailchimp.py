"""Mailchimp's own Python client reads and writes the sandbox."""

from __future__ import annotations

import json
import time
import uuid

import mailchimp_marketing
import pytest
from mailchimp_marketing.api_client import ApiClientError

from sandbox.server import Running
from tests.sandbox.mailchimp_caller import KEY, LIST_ID, Mailchimp


@pytest.fixture(scope="module")
def client(server: Running) -> mailchimp_marketing.Client:
    client = mailchimp_marketing.Client({"api_key": KEY})
    client.api_client.host = f"{server.url}/mailchimp/3.0"  # the constructor has no option for it
    return client


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


def test_reads_the_audience(client: mailchimp_marketing.Client) -> None:
    assert client.ping.get()["health_status"]
    assert client.lists.get_list(LIST_ID)["id"] == LIST_ID
    assert {"FNAME", "LNAME"} <= {one["tag"] for one in client.lists.get_list_merge_fields(LIST_ID)["merge_fields"]}


def test_writes_members_and_tags(client: mailchimp_marketing.Client, email: str) -> None:
    rows = [{"email_address": f"{n}-{email}", "status": "subscribed"} for n in range(5)]
    answer = client.lists.batch_list_members(LIST_ID, {"members": [*rows, {"email_address": "no"}]})
    assert (answer["total_created"], answer["error_count"]) == (5, 1)
    one = client.lists.set_list_member(
        LIST_ID, Mailchimp.key(email), {"email_address": email, "status_if_new": "transactional"}
    )
    segment = client.lists.create_segment(LIST_ID, {"name": f"sdk {email}", "static_segment": [email]})
    changed = client.lists.batch_segment_members(
        {"members_to_add": [row["email_address"] for row in rows], "members_to_remove": [email]}, LIST_ID, segment["id"]
    )
    assert (changed["total_added"], changed["total_removed"]) == (5, 1)
    tag = {"tags": [{"name": segment["name"], "status": "inactive"}]}
    client.lists.update_list_member_tags(LIST_ID, Mailchimp.key(rows[0]["email_address"]), tag)
    members = client.lists.get_segment_members_list(LIST_ID, segment["id"], count=100)["members"]
    assert {member["email_address"] for member in members} == {row["email_address"] for row in rows[1:]}
    client.lists.delete_list_member(LIST_ID, one["contact_id"])
    assert client.lists.get_list_member(LIST_ID, one["id"])["status"] == "archived"


def test_runs_a_batch(client: mailchimp_marketing.Client, email: str) -> None:
    body = json.dumps({"email_address": email, "status_if_new": "transactional"})
    path = f"/lists/{LIST_ID}/members/{Mailchimp.key(email)}"
    batch = client.batches.start({"operations": [{"method": "PUT", "path": path, "body": body, "operation_id": "c-1"}]})
    for _ in range(300):
        batch = client.batches.status(batch["id"])
        if batch["status"] == "finished":
            break
        time.sleep(0.02)
    assert (batch["finished_operations"], batch["errored_operations"]) == (1, 0)
    assert client.lists.get_list_member(LIST_ID, Mailchimp.key(email))["status"] == "transactional"


def test_refusals_are_the_clients_own_errors(client: mailchimp_marketing.Client, email: str) -> None:
    made = client.lists.add_list_member(LIST_ID, {"email_address": email, "status": "unsubscribed"})
    with pytest.raises(ApiClientError) as refused:
        client.lists.update_list_member(LIST_ID, made["id"], {"status": "subscribed"})
    assert refused.value.status_code == 400
    assert json.loads(refused.value.text)["title"] == "Member In Compliance State"


def test_sees_the_tag_that_the_destination_put_on(
    client: mailchimp_marketing.Client, server: Running, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import selvage
    from activation.destination import Audience, Contact, Member
    from activation.destinations import mailchimp

    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    audience = Audience(f"sdk_{email[:12]}", "", "marketing", "email", "mailchimp")
    connection = mailchimp.connect(selvage.vendor("mailchimp", mailchimp.SETTINGS), audience)
    members = [Member(f"c_{n}", Contact(email=f"{n}-{email}")) for n in range(8)]
    jobs: list[str] = []
    told = mailchimp.add(connection, members, jobs.append)
    mailchimp.remove(connection, members[:3], jobs.append)
    assert len(jobs) == 2
    (segment,) = [
        one for one in client.lists.list_segments(LIST_ID, count=1000)["segments"] if one["name"] == audience.title
    ]
    seen = client.lists.get_segment_members_list(LIST_ID, segment["id"], count=100)["members"]
    assert {one["contact_id"] for one in seen} == {one.remote_id for one in told[3:]}
    assert {one["status"] for one in seen} == {"transactional"}
