"""TikTok's own Python client reads and writes the sandbox: all that it has of audiences and event sets (no segments, no event/track)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from business_api_client import (
    ApiClient,
    AudienceApi,
    AuthenticationApi,
    Configuration,
    CustomAudienceCreateBody,
    CustomAudienceDeleteBody,
    CustomAudienceUpdateBody,
    MeasurementApi,
    Oauth2AccessTokenBody,
    OfflineCreateBody,
)
from business_api_client.tiktok_business.tiktok_exceptions import TiktokSDKError

from sandbox.server import Running
from tests.sandbox.tiktok_caller import ADVERTISER, APP, EMAIL, OTHER, TikTok, hashed

TOKEN = "tiktok_sandbox"
MANY = [hashed(f"sdk {number}@example.com") for number in range(1_300)]


@pytest.fixture(scope="module")
def client(server: Running) -> ApiClient:
    configuration = Configuration()
    configuration.host = f"{server.url}/tiktok"
    return ApiClient(configuration)


def upload(api: AudienceApi, folder: Path, lines: list[str]) -> str:
    path = folder / "hashes.txt"
    path.write_text("\n".join(lines))
    signature = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    answer = api.dmp_custom_audience_file_upload(
        TOKEN, advertiser_id=ADVERTISER, calculate_type=EMAIL, file=str(path), file_signature=signature
    )
    return str(data(answer)["file_path"])


def data(answer: Any) -> dict[str, Any]:
    assert answer["request_id"]
    return dict(answer["data"])


def test_the_client_and_the_server_see_the_same_audience(client: ApiClient, server: Running, tmp_path: Path) -> None:
    api, plain = AudienceApi(client), TikTok(server)
    made = CustomAudienceCreateBody(
        advertiser_id=ADVERTISER, custom_audience_name="From the SDK", calculate_type=EMAIL,
        file_paths=[upload(api, tmp_path, MANY[:1_200])],
    )  # fmt: skip
    key = str(data(api.dmp_custom_audience_create(TOKEN, body=made))["custom_audience_id"])
    assert plain.held(key) == {(EMAIL, line) for line in MANY[:1_200]}
    plain.wait(key)
    more = CustomAudienceUpdateBody(
        advertiser_id=ADVERTISER, custom_audience_id=key, action="APPEND",
        file_paths=[upload(api, tmp_path, MANY[1_200:])],
    )  # fmt: skip
    data(api.dmp_custom_audience_update(TOKEN, body=more))
    assert len(plain.held(key)) == 1_300
    plain.wait(key)
    # the client's own default is REPLACE
    less = CustomAudienceUpdateBody(
        advertiser_id=ADVERTISER, custom_audience_id=key, file_paths=[upload(api, tmp_path, MANY[:1_000])]
    )
    data(api.dmp_custom_audience_update(TOKEN, body=less))
    assert len(plain.held(key)) == 1_000
    found = data(api.dmp_custom_audience_get(ADVERTISER, [key], TOKEN, history_size=5))["list"][0]
    assert found["audience_details"]["name"] == "From the SDK"
    assert [one["action"] for one in found["audience_history"]] == ["REPLACE", "APPEND", "CREATE"]
    data(api.dmp_custom_audience_delete(TOKEN, body=CustomAudienceDeleteBody(ADVERTISER, [key])))
    assert data(api.dmp_custom_audience_get(ADVERTISER, [key], TOKEN))["list"] == []


def test_it_lists_what_the_segments_made(client: ApiClient, server: Running) -> None:
    key = TikTok(server).segment("A segment in the SDK")
    answer = AudienceApi(client).dmp_custom_audience_list(ADVERTISER, TOKEN, custom_audience_ids=[key], page_size=100)
    assert [one["name"] for one in data(answer)["list"]] == ["A segment in the SDK"]


def test_refusals_are_the_clients_own_errors(client: ApiClient) -> None:
    with pytest.raises(TiktokSDKError, match=r"Error Code: 40001, .* request_id: 2"):
        AudienceApi(client).dmp_custom_audience_list("7000000000000000009", TOKEN)


def test_a_code_is_exchanged_for_a_token(client: ApiClient) -> None:
    api = AuthenticationApi(client)
    body = Oauth2AccessTokenBody(app_id=APP["app_id"], secret=APP["secret"], auth_code="code_sdk")
    token = data(api.oauth2_access_token(body=body))["access_token"]
    listed = data(api.oauth2_advertiser_get(APP["app_id"], APP["secret"], token))["list"]
    assert [one["advertiser_id"] for one in listed] == [ADVERTISER, OTHER]


def test_an_offline_event_set_of_the_client_takes_events(client: ApiClient, server: Running) -> None:
    api, plain = MeasurementApi(client), TikTok(server)
    made = OfflineCreateBody(advertiser_id=ADVERTISER, name="Made by the SDK", description="The shops")
    key = data(api.offline_create(TOKEN, body=made))["event_set_id"]
    listed = data(api.offline_get(TOKEN, advertiser_id=ADVERTISER, event_set_ids=[key]))["event_sets"]
    assert [one["name"] for one in listed] == ["Made by the SDK"]
    row = {"event": "Purchase", "event_time": int(server.now.timestamp()), "user": {"email": hashed("a@example.com")}}
    assert plain.track([row], source="offline", key=key) == 0
