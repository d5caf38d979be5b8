"""HubSpot's own Python client reads and writes the sandbox; it speaks the numbered paths."""

from __future__ import annotations

import uuid
from typing import Any

import hubspot
import pytest
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInputUpsert,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.properties import PropertyCreate

from sandbox.server import Running


@pytest.fixture(scope="module")
def client(server: Running) -> Any:
    return hubspot.HubSpot(access_token="pat-na1-sandbox", host=f"{server.url}/hubspot")


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


def test_makes_properties_and_upserts(client: Any, email: str) -> None:
    about = PropertyCreate(
        name="sdk_tier", label="Tier", type="string", field_type="text", group_name="contactinformation"
    )
    made = client.crm.properties.core_api.create("contacts", about)
    assert made.name == "sdk_tier"
    inputs = [
        SimplePublicObjectBatchInputUpsert(
            id_property="email", id=f"{n}-{email}", properties={"sdk_tier": "gold"}, object_write_trace_id=str(n)
        )
        for n in range(3)
    ]
    batch = BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    first = client.crm.contacts.batch_api.upsert(batch)
    assert [(one.new, one.object_write_trace_id) for one in first.results] == [(True, str(n)) for n in range(3)]
    second = client.crm.contacts.batch_api.upsert(batch)
    assert [one.new for one in second.results] == [False] * 3
    one = client.crm.contacts.basic_api.get_by_id(f"1-{email}", id_property="email", properties=["sdk_tier"])
    assert one.properties["sdk_tier"] == "gold"


def test_refusals_are_the_clients_own_errors(client: Any, email: str) -> None:
    person = SimplePublicObjectInputForCreate(properties={"email": email, "nothing": "x"})
    with pytest.raises(ApiException) as refused:
        client.crm.contacts.basic_api.create(person)
    assert refused.value.status == 400
    assert "PROPERTY_DOESNT_EXIST" in refused.value.body


def test_sees_what_the_destination_wrote(
    client: Any, server: Running, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import selvage
    from activation.destination import Audience, Contact, Member
    from activation.destinations import hubspot as destination

    monkeypatch.setenv("SELVAGE_SANDBOX_PORT", str(server.port))
    monkeypatch.setenv("SELVAGE_ENV", "sandbox")
    audience = Audience(f"sdk_{email[:6]}", "", "marketing", "email", "hubspot")
    connection = destination.connect(selvage.vendor("hubspot", destination.SETTINGS), audience)
    members = [Member(f"c_{n}", Contact(email=f"{n}-{email}"), {"order_count": n}) for n in range(5)]
    told = destination.add(connection, members, lambda _: None)
    destination.remove(connection, members[:2], lambda _: None)
    name = connection.name_of("order_count")
    seen = [client.crm.contacts.basic_api.get_by_id(one.remote_id, properties=[name]).properties[name] for one in told]
    assert seen == [None, None, "2", "3", "4"]
    wanted = {"filters": [{"propertyName": name, "operator": "IN", "values": ["3", "4"]}]}
    asked = PublicObjectSearchRequest(filter_groups=[wanted], properties=[name], sorts=[], limit=10, after="0")
    assert client.crm.contacts.search_api.do_search(asked).total == 2
