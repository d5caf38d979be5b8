"""The sandbox's Data Manager API: tokens, lists, members, the status of requests, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request

from sandbox.server import Running, running
from tests.sandbox.conftest import SIZE, request
from tests.sandbox.google_caller import (
    ACCOUNT,
    DAY,
    GRANTED,
    LISTS,
    Google,
    error,
    hashed,
    keys,
    person,
    violations,
)

MEMBERS = "audience_members.audience_members"


@pytest.fixture(scope="module")
def moving(sandbox_home: Path, server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    """The same world behind a clock of its own, which a test may move."""
    home = tmp_path_factory.mktemp("moving")
    (home / "vendors").mkdir()
    for name in ("world", "truth"):
        (home / "vendors" / name).symlink_to(sandbox_home / "vendors" / name)
    with running(home, seed=SIZE["seed"], people=SIZE["people"], days=SIZE["days"]) as found:
        yield Google(found)


@pytest.fixture(scope="module")
def google(server: Running) -> Google:
    return Google(server)


def test_a_token_needs_the_accounts_own_signature(google: Google) -> None:
    assert error(google.call("GET", LISTS, token="ya29.made-up")) == (401, "ACCESS_TOKEN_EXPIRED")
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(65_537, 2_048)
    text = other.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()
    for changes in ({"private_key": text}, {"client_email": "other@sandbox-project.iam.gserviceaccount.com"}):
        with pytest.raises(RefreshError, match="invalid_grant"):
            google.credentials(**changes).refresh(Request())
    with pytest.raises(RefreshError, match="invalid_scope"):
        google.credentials().with_scopes(["https://www.googleapis.com/auth/adwords"]).refresh(Request())
    key_file = google.server.home / "vendors" / "google" / "service_account.json"
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_list_is_made_listed_changed_and_deleted(google: Google) -> None:
    made = [google.make_list(f"Listed {n}", 90) for n in range(3)]
    page = google.get(LISTS, pageSize=2)
    found = list(page["userLists"])
    while token := page.get("nextPageToken"):
        page = google.get(LISTS, pageSize=2, pageToken=token)
        found += page["userLists"]
    assert {(f"Listed {n}", key, f"{90 * DAY}s") for n, key in enumerate(made)} <= {
        (one["displayName"], one["id"], one["membershipDuration"]) for one in found
    }
    changed = google.call("PATCH", f"{LISTS}/{made[0]}", {"membershipDuration": f"{30 * DAY}s"},
                          updateMask="membershipDuration").json  # fmt: skip
    assert changed["membershipDuration"] == f"{30 * DAY}s"
    info = {"ingestedUserListInfo": {"uploadKeyTypes": ["USER_ID"]}}
    refused = google.call("PATCH", f"{LISTS}/{made[0]}", info, updateMask="ingestedUserListInfo")
    assert violations(refused)[0][1] == "IMMUTABLE_FIELD_FOR_UPDATE"
    assert google.call("DELETE", f"{LISTS}/{made[1]}").json == {}
    assert error(google.call("GET", f"{LISTS}/{made[1]}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"membershipDuration": f"{541 * DAY}s"}, "MEMBERSHIP_DURATION_TOO_LONG"),
        ({"membershipDuration": "3600s"}, "INVALID_FORMAT"),
        ({"displayName": "Taken"}, "DISPLAY_NAME_ALREADY_USED"),
        ({"displayName": ""}, "REQUIRED_FIELD_MISSING"),
        ({"ingestedUserListInfo": {}}, "REQUIRED_FIELD_MISSING"),
        ({"ingestedUserListInfo": {"uploadKeyTypes": ["CONTACT_ID", "USER_ID"]}},
         "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_refused(google: Google, changes: dict[str, Any], reason: str) -> None:
    if changes.get("displayName") == "Taken":
        google.make_list("Taken")
    body = {"displayName": "Wrong", "ingestedUserListInfo": {"uploadKeyTypes": ["CONTACT_ID"]}, **changes}
    refused = google.call("POST", LISTS, body)
    assert refused.status == 400
    assert violations(refused)[0][1] == reason


def test_members_are_added_and_removed_by_any_identifier(google: Google) -> None:
    key = google.make_list("Added")
    people = [person(f"{n}@example.com", f"+1212555{n:04d}") for n in range(200)]
    (status,) = google.status(google.members("ingest", key, people))
    told = status["audienceMembersIngestionStatus"]["userDataIngestionStatus"]
    assert (status["requestStatus"], told["recordCount"], told["userIdentifierCount"]) == ("SUCCESS", "200", "400")
    assert told["uploadMatchRateRange"].startswith("MATCH_RATE_RANGE_")
    size = google.get(f"{LISTS}/{key}")["sizeInfo"]
    assert 100 <= int(size["searchNetworkMembersCount"]) < 200
    assert google.status(google.members("ingest", key, people[:5]))[0]["requestStatus"] == "SUCCESS"
    gone = [person("0@example.com"), person("+12125550001"), person("nobody@example.com")]
    (status,) = google.status(google.members("remove", key, gone))
    assert status["audienceMembersRemovalStatus"]["userDataRemovalStatus"]["recordCount"] == "3"
    assert google.held(key) == {keys(f"{n}@example.com", f"+1212555{n:04d}") for n in range(2, 200)}


def test_the_outcome_comes_later(slow_server: Running) -> None:
    slow = Google(slow_server)
    key = slow.make_list("Slow")
    answer = slow.members("ingest", key, [person("a@example.com")])
    (status,) = slow.get("requestStatus:retrieve", requestId=answer.json["requestId"])["requestStatusPerDestination"]
    assert (status["requestStatus"], "errorInfo" in status) == ("PROCESSING", False)
    assert error(slow.call("GET", "requestStatus:retrieve", requestId="none")) == (400, "INVALID_REQUEST_ID")


def test_numbers_stand_for_names_and_base64_for_hex(google: Google) -> None:
    key = google.make_list("Numbers")
    digest = base64.b64encode(hashlib.sha256(b"a@example.com").digest()).decode()
    member = {"userData": {"userIdentifiers": [{"emailAddress": digest}]}}
    more = {
        "encoding": 2,
        "consent": {"adUserData": 1, "adPersonalization": 1},
        "termsOfService": {"customerMatchTermsOfServiceStatus": 1},
    }
    google.status(google.members("ingest", key, [member], **more))
    assert google.held(key) == {keys("a@example.com")}
    assert violations(google.members("ingest", key, [member])) == [
        (f"{MEMBERS}[0].user_data.user_identifiers[0].email_address", "INVALID_HEX_ENCODING")
    ]


def address(**changes: Any) -> dict[str, Any]:
    found = {"givenName": hashed("ana"), "familyName": hashed("lima"), "regionCode": "BR", "postalCode": "01310-100"}
    return {"userData": {"userIdentifiers": [{"address": {k: v for k, v in (found | changes).items() if v}}]}}


@pytest.mark.parametrize(
    ("member", "field", "reason"),
    [
        ({"userData": {"userIdentifiers": [{"emailAddress": "a@example.com"}]}}, "email_address",
         "INVALID_HEX_ENCODING"),
        ({"userData": {"userIdentifiers": [{"phoneNumber": hashed("1")[:40]}]}}, "phone_number",
         "INVALID_SHA256_FORMAT"),
        ({"userData": {"userIdentifiers": []}}, "user_identifiers", "REQUIRED_FIELD_MISSING"),
        (person(*[f"{n}@example.com" for n in range(11)]), "user_identifiers", "TOO_MANY_USER_IDENTIFIERS"),
        (address(postalCode=None), "postalCode", "REQUIRED_FIELD_MISSING"),
        (address(regionCode="br"), "region_code", "INVALID_COUNTRY_CODE"),
        (address(givenName="Ana"), "givenName", "INVALID_HEX_ENCODING"),
        ({"userIdData": {"userId": "c-1"}}, "", "INVALID_USER_LIST_TYPE"),
        ({"userData": {"userIdentifiers": [{"addressInfo": {}}]}}, "", "INVALID_ARGUMENT"),
    ],
)  # fmt: skip
def test_one_bad_row_refuses_the_whole_request(google: Google, member: Any, field: str, reason: str) -> None:
    key = google.make_list(f"Bad {field} {reason}")
    refused = google.members("ingest", key, [person("good@example.com"), member])
    ((where, why),) = violations(refused)
    assert (refused.status, why) == (400, reason)
    assert where.startswith(f"{MEMBERS}[1]") or reason == "INVALID_ARGUMENT"
    assert where.endswith(field)
    assert google.held(key) == set()


def test_all_four_parts_of_an_address_are_a_member(google: Google) -> None:
    key = google.make_list("Addresses")
    google.status(google.members("ingest", key, [address()]))
    assert google.held(key) == {frozenset({f"address:{hashed('ana')}|{hashed('lima')}|BR|01310-100"})}


def test_a_request_has_limits(google: Google) -> None:
    key = google.make_list("Limits")
    people = [person(f"{n}@example.com") for n in range(10_001)]
    assert error(google.members("ingest", key, people)) == (400, "TOO_MANY_AUDIENCE_MEMBERS")
    assert google.members("ingest", key, people[:-1]).status == 200
    assert error(google.members("ingest", [key] * 11, people[:1])) == (400, "TOO_MANY_DESTINATIONS")
    assert error(google.members("ingest", "1", people[:1])) == (400, "INVALID_USER_LIST_ID")
    refused = google.members("ingest", key, people[:1], destinations=[
        {"operatingAccount": {**ACCOUNT, "accountId": "1"}, "productDestinationId": key}])  # fmt: skip
    assert error(refused) == (403, "PERMISSION_DENIED")
    assert error(google.call("GET", LISTS.replace("1112223333", "1"))) == (403, "PERMISSION_DENIED")


def test_terms_and_trial_runs(google: Google) -> None:
    key = google.make_list("Terms")
    some = [person("a@example.com")]
    for terms in ({}, {"customerMatchTermsOfServiceStatus": "REJECTED"}):
        refused = google.members("ingest", key, some, termsOfService=terms)
        assert error(refused) == (400, "TERMS_AND_CONDITIONS_NOT_SIGNED")
    google.server.faults("google", "terms_not_accepted")
    assert error(google.members("ingest", key, some)) == (400, "TERMS_AND_CONDITIONS_NOT_SIGNED")
    assert google.members("ingest", key, some, validateOnly=True).json == {}
    assert google.held(key) == set()


def test_rows_without_consent_are_refused_and_counted(google: Google) -> None:
    key = google.make_list("Consent")
    people = [person(f"{n}@example.com") for n in range(6)]
    people[1]["consent"] = {"adUserData": "CONSENT_DENIED"}
    people[4]["consent"] = {**GRANTED, "adPersonalization": "CONSENT_DENIED"}
    people[5]["consent"] = {"adUserData": "CONSENT_STATUS_UNSPECIFIED"}
    (status,) = google.status(google.members("ingest", key, people))
    assert status["requestStatus"] == "PARTIAL_SUCCESS"
    assert status["errorInfo"]["errorCounts"] == [
        {"reason": "PROCESSING_ERROR_REASON_DENIED_CONSENT", "recordCount": "2", "recordIndices": [1, 4]},
        {"reason": "PROCESSING_ERROR_REASON_UNKNOWN_CONSENT", "recordCount": "1", "recordIndices": [5]},
    ]
    assert google.held(key) == {keys(f"{n}@example.com") for n in (0, 2, 3)}
    (status,) = google.status(google.members("ingest", key, people[:1], consent={}))
    assert status["requestStatus"] == "FAILED"
    google.server.faults("google", "unnamed_rows")
    (status,) = google.status(google.members("ingest", key, people))
    assert all("recordIndices" not in one for one in status["errorInfo"]["errorCounts"])


def test_rows_choose_among_destinations(google: Google) -> None:
    one, two = google.make_list("One"), google.make_list("Two")
    people = [person("a@example.com"), person("b@example.com", destinationReferences=[f"to-{two}"])]
    assert len(google.status(google.members("ingest", [one, two], people))) == 2
    assert google.held(one) == {keys("a@example.com")}
    assert google.held(two) == {keys("a@example.com"), keys("b@example.com")}


def test_a_failed_request_does_nothing(google: Google) -> None:
    key = google.make_list("Failed")
    google.server.faults("google", "job_failed")
    (status,) = google.status(google.members("ingest", key, [person("a@example.com")]))
    assert (status["requestStatus"], google.held(key)) == ("FAILED", set())


def test_throttle_names_its_quota(google: Google) -> None:
    google.server.faults("google", "throttle")
    refused = google.call("GET", LISTS)
    (info,) = [one for one in refused.json["error"]["details"] if one["@type"].endswith("ErrorInfo")]
    assert (refused.status, info["metadata"]["quota_limit"]) == (429, "UserListReadRequestsPerMinutePerProject")
    assert refused.json["error"]["status"] == "RESOURCE_EXHAUSTED"


def test_three_hundred_requests_a_minute_are_served(slow_server: Running) -> None:
    slow = Google(slow_server)
    answers = [slow.call("DELETE", f"{LISTS}/1").status for _ in range(302)]
    assert answers.count(404) <= 300
    assert answers[-1] == 429
    assert slow.call("GET", LISTS).status == 200, "reads are counted apart"


def test_replacement_and_age(moving: Google) -> None:
    """Who was not told again since a moment goes, or ages out."""
    key, short = moving.make_list("Replaced"), moving.make_list("Short", days=2)
    people = [person(f"{n}@example.com") for n in range(4)]
    for one in (key, short):
        moving.members("ingest", one, people)
    moving.server.advance(1)
    for one in (key, short):
        moving.members("ingest", one, people[:2])
    start = moving.server.now
    body = {"destinations": [{"operatingAccount": ACCOUNT, "productDestinationId": key}]}
    future = {**body, "removeAsOfTime": (datetime.now(UTC) + timedelta(days=9999)).isoformat()}
    assert error(moving.call("POST", "audienceMembers:removeAll", future)) == (400, "INVALID_REMOVE_AS_OF_TIME")
    moving.status(moving.call("POST", "audienceMembers:removeAll", {**body, "removeAsOfTime": start.isoformat()}))
    assert moving.held(key) == {keys(f"{n}@example.com") for n in range(2)}
    moving.server.advance(1)
    assert moving.held(short) == {keys(f"{n}@example.com") for n in range(2)}
    moving.server.advance(1)
    assert moving.held(short) == set()
    moving.status(moving.call("POST", "audienceMembers:removeAll", body))
    assert moving.held(key) == set()


def test_a_wrong_version_is_not_there(google: Google) -> None:
    assert request(f"{google.server.url}/google/v2/{LISTS}", {"Authorization": "Bearer x"}).status == 404
