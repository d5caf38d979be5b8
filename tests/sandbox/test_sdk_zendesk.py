"""Zenpy, the Python client of Zendesk's API that the community keeps, reads and writes the sandbox's users."""

from __future__ import annotations

import time
from typing import Any

import pytest
from zenpy import Zenpy
from zenpy.lib.api_objects import User, UserField
from zenpy.lib.exception import APIException

from sandbox.server import Running
from tests.sandbox.conftest import shown


@pytest.fixture(scope="module")
def client(server: Running) -> Any:
    """Its host is made of a subdomain and a domain, and its scheme stands on each of its APIs."""
    found = Zenpy(subdomain="127", domain=f"0.0.1:{server.port}/zendesk", oauth_token="zd_token_admin_write")
    found.disable_caching()
    for api in vars(found).values():
        if hasattr(api, "protocol"):
            api.protocol = "http"
    return found


@pytest.fixture(scope="module")
def user_ids(server: Running, client: Any) -> list[int]:
    sql = "select distinct user_id from zendesk_users where role = 'end-user' and not is_gone order by 1"
    return [user.id for user in client.users(ids=shown(server, sql)[:60])][:5]


def test_makes_fields_and_updates_users(client: Any, user_ids: list[int]) -> None:
    client.user_fields.create(UserField(key="sdk_tier", type="text", title="Tier"))
    assert "sdk_tier" in [one.key for one in client.user_fields()]
    with pytest.raises(APIException):
        client.user_fields.create(UserField(key="sdk_tier", type="text", title="Tier"))
    users = [User(id=key, user_fields={"sdk_tier": f"gold {key}"}) for key in user_ids]
    job = client.users.update(users)
    for _ in range(600):
        job = client.job_status(id=job.id)
        if job.status == "completed":
            break
        time.sleep(0.02)
    assert [one.success for one in job.results] == [True] * 5
    assert client.users(id=user_ids[0]).user_fields["sdk_tier"] == f"gold {user_ids[0]}"


def test_bulk_imports_are_off(client: Any) -> None:
    with pytest.raises(APIException, match="not enabled"):
        client.users.create_or_update([User(email="x@example.com", name="x")] * 2)


def test_sees_what_the_destination_wrote(
    client: Any, server: Running, user_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    import selvage
    from activation.destination import Audience, Contact, Member
    from activation.destinations import zendesk

    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    monkeypatch.setenv("SELVAGE_ENV", "sandbox")
    audience = Audience("sdk", "", "service", "support", "zendesk")
    connection = zendesk.connect(selvage.vendor("zendesk", zendesk.SETTINGS), audience)
    members = [Member(f"c_{key}", Contact(zendesk_ids=str(key)), {"order_count": 3}) for key in user_ids]
    zendesk.add(connection, members, lambda _: None)
    zendesk.remove(connection, members[:2], lambda _: None)
    seen = [client.users(id=key).user_fields for key in user_ids]
    assert [one["selvage_sdk__order_count"] for one in seen] == [None, None, 3, 3, 3]
