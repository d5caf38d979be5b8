"""The sandbox's Mailchimp keeps the vendor's rules: statuses, sizes, connections, problem+json, batches."""

from __future__ import annotations

import socket
import uuid

import pytest

from sandbox.server import Running
from tests.sandbox.conftest import request
from tests.sandbox.mailchimp_caller import LIST_ID, Mailchimp


@pytest.fixture(scope="module")
def mailchimp(server: Running) -> Mailchimp:
    return Mailchimp(server)


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


def test_a_member_is_known_by_three_names(mailchimp: Mailchimp, email: str) -> None:
    made = mailchimp.put(email.upper(), status_if_new="subscribed", merge_fields={"FNAME": "Ana", "NOSUCH": "x"})
    assert (made["id"], made["status"]) == (mailchimp.key(email), "subscribed")
    assert made["merge_fields"]["FNAME"] == "Ana"
    assert "NOSUCH" not in made["merge_fields"]
    for name in (made["id"], email, made["contact_id"]):
        assert mailchimp.get(f"members/{name}")["contact_id"] == made["contact_id"]
    again = mailchimp.put(email, status_if_new="unsubscribed", merge_fields={"LNAME": "Lima"})
    assert (again["status"], again["merge_fields"]["FNAME"]) == ("subscribed", "Ana")


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned"])
def test_who_left_is_not_subscribed_by_the_api(mailchimp: Mailchimp, email: str, status: str) -> None:
    made = mailchimp.put(email, status_if_new=status)
    for body in ({"status": "subscribed"}, {"status": "subscribed", "status_if_new": "subscribed"}):
        answer = mailchimp.call("PUT", f"members/{made['id']}", {"email_address": email, **body})
        assert (answer.status, answer.json["title"]) == (400, "Member In Compliance State")
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert {"type", "title", "status", "detail", "instance"} <= set(answer.json)
    assert mailchimp.get(f"members/{made['id']}")["status"] == status
    assert mailchimp.put(email, status="pending")["status"] == "pending"  # the person has to confirm


def test_archived_people_come_back_forgotten_ones_do_not(mailchimp: Mailchimp, email: str) -> None:
    made = mailchimp.put(email, status_if_new="subscribed")
    assert mailchimp.call("DELETE", f"members/{made['id']}").status == 204
    assert mailchimp.call("DELETE", f"members/{made['id']}").status == 405
    assert mailchimp.put(email, status_if_new="subscribed")["status"] == "archived"
    assert mailchimp.put(email, status="subscribed")["status"] == "subscribed"
    assert mailchimp.call("POST", f"members/{made['id']}/actions/delete-permanent").status == 204
    again = mailchimp.call("PUT", f"members/{made['id']}", {"email_address": email, "status_if_new": "subscribed"})
    assert (again.status, again.json["title"]) == (400, "Forgotten Email Not Subscribed")


def test_five_hundred_members_and_two_hundred_with_errors(mailchimp: Mailchimp) -> None:
    name = uuid.uuid4().hex[:10]
    rows = [{"email_address": f"{name}-{n}@example.com", "status": "subscribed"} for n in range(20)]
    rows[3]["email_address"] = f"{name}@fake.example"
    answer = mailchimp.call("POST", "", {"members": rows}).json
    assert (answer["total_created"], answer["total_updated"], answer["error_count"]) == (19, 0, 1)
    assert answer["errors"][0]["email_address"] == f"{name}@fake.example"
    assert "looks fake or invalid" in answer["errors"][0]["error"]
    answer = mailchimp.call("POST", "", {"members": rows}).json
    assert {one["error_code"] for one in answer["errors"]} == {"ERROR_CONTACT_EXISTS", "ERROR_GENERIC"}
    answer = mailchimp.call("POST", "", {"members": rows, "update_existing": True}).json
    assert (answer["total_updated"], answer["error_count"]) == (19, 1)
    too_many = mailchimp.call("POST", "", {"members": rows * 26})
    assert (too_many.status, too_many.json["errors"][0]["field"]) == (400, "members")


def test_tags_are_static_segments(mailchimp: Mailchimp, email: str) -> None:
    tag = f"tag {email}"
    made = mailchimp.put(email, status_if_new="transactional")
    on = {"tags": [{"name": tag, "status": "active"}], "is_syncing": True}
    assert mailchimp.call("POST", f"members/{made['contact_id']}/tags", on).status == 204
    (segment,) = [one for one in mailchimp.get("segments?count=1000")["segments"] if one["name"] == tag]
    assert (segment["type"], segment["member_count"]) == ("static", 1)
    assert mailchimp.call("POST", "segments", {"name": tag, "static_segment": []}).status == 400
    change = {"members_to_remove": [email.upper()], "members_to_add": ["nobody@example.com"]}
    answer = mailchimp.call("POST", f"segments/{segment['id']}", change).json
    assert (answer["total_added"], answer["total_removed"], answer["error_count"]) == (0, 1, 1)
    assert answer["errors"][0]["email_addresses"] == ["nobody@example.com"]
    assert mailchimp.get(f"members/{made['id']}")["tags"] == []
    assert mailchimp.call("POST", f"segments/{segment['id']}", {"members_to_add": [email] * 501}).status == 400
    off = {"tags": [{"name": tag, "status": "inactive"}]}
    assert mailchimp.call("POST", "members/nobody@example.com/tags", off).status == 404


def test_merge_fields_have_short_tags_and_types(mailchimp: Mailchimp, email: str) -> None:
    tag = f"N{email[:8]}".upper()
    assert mailchimp.call("POST", "merge-fields", {"name": "n", "type": "number", "tag": f"{tag}TOOLONG"}).status == 400
    assert mailchimp.call("POST", "merge-fields", {"name": "n", "type": "number", "tag": tag}).status == 200
    assert mailchimp.call("POST", "merge-fields", {"name": "n", "type": "number", "tag": tag}).status == 400
    body = {"email_address": email, "status_if_new": "transactional", "merge_fields": {tag: "12,50"}}
    answer = mailchimp.call("PUT", f"members/{mailchimp.key(email)}", body)
    assert (answer.status, answer.json["errors"][0]["field"]) == (400, tag)
    body["merge_fields"] = {tag: "12.50", "FNAME": "x" * 256}
    assert mailchimp.call("PUT", f"members/{mailchimp.key(email)}", body).json["errors"][0]["field"] == "FNAME"


def test_a_batch_answers_each_operation_in_any_order(mailchimp: Mailchimp, email: str) -> None:
    body = {"email_address": email, "status_if_new": "transactional"}
    found = mailchimp.batch(
        [
            ("PUT", f"members/{mailchimp.key(email)}", body),
            ("POST", f"members/{mailchimp.key(email)}/tags", {"tags": [{"name": "later", "status": "active"}]}),
            ("GET", "members/nobody@example.com", None),
        ]
    )
    # what depends on an operation of the same batch must not count on its being done first
    assert {key: one["status_code"] for key, one in found.items()} == {"0": 200, "1": 404, "2": 404}
    assert mailchimp.get(f"members/{email}")["status"] == "transactional"


def test_the_result_is_fetched_without_the_key(mailchimp: Mailchimp, email: str) -> None:
    operation = {"method": "GET", "path": f"/lists/{LIST_ID}/members", "operation_id": "a"}
    batch = mailchimp.call("POST", "batches", {"operations": [operation]}, is_of_list=False).json
    states = {batch["status"]}
    while batch["status"] != "finished":
        assert batch["response_body_url"] == ""
        batch = mailchimp.call("GET", f"batches/{batch['id']}", is_of_list=False).json
        states.add(batch["status"])
    assert states <= {"pending", "preprocessing", "started", "finalizing", "finished"}
    assert (batch["total_operations"], batch["finished_operations"], batch["errored_operations"]) == (1, 1, 0)
    assert request(batch["response_body_url"], mailchimp.headers).status == 400
    assert request(batch["response_body_url"], {}).body[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(("key", "title"), [("wrong-us21", "API Key Invalid"), ("", "API Key Missing")])
def test_the_key_is_asked_for(server: Running, key: str, title: str) -> None:
    answer = Mailchimp(server, key).call("GET", "")
    assert (answer.status, answer.json["title"]) == (401, title)


def test_the_eleventh_connection_is_refused(server: Running, mailchimp: Mailchimp) -> None:
    """There is no other limit, and no header that tells of it."""
    head = f"POST /mailchimp/3.0/lists/{LIST_ID} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{{"
    waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
    try:
        for one in waiting:
            one.sendall(head.encode())
        for _ in range(200):
            answer = mailchimp.call("GET", "")
            if answer.status == 429:
                break
        assert (answer.status, answer.json["title"]) == (429, "Too Many Requests")
        assert not [name for name in answer.headers if "rate" in name or name == "retry-after"]
    finally:
        for one in waiting:
            one.close()
    for _ in range(200):
        answer = mailchimp.call("GET", "")
        if answer.status == 200:
            break
    assert answer.status == 200


def test_unknown_things(mailchimp: Mailchimp) -> None:
    assert mailchimp.call("GET", "lists/f0f0f0", is_of_list=False).status == 404
    assert mailchimp.call("PATCH", "segments").status == 405
    assert mailchimp.call("POST", "segments", b"{").json["title"] == "JSON Parse Error"
    assert mailchimp.call("GET", "batches/nothing", is_of_list=False).status == 404
