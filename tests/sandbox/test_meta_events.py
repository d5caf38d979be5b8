"""Meta's Conversions API in the sandbox: a request is taken whole or refused whole, what is told twice counts once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.server import Running
from sandbox.vendors.meta.events import DATASET
from tests.sandbox.conftest import Answer, request
from tests.sandbox.meta_caller import Meta, error, hashed

TOO_OLD = (100, 2804003)


@pytest.fixture(scope="module")
def meta(server: Running) -> Meta:
    return Meta(server)


def purchase(meta: Meta, event_id: str, days_ago: float = 0.5, **changes: Any) -> dict[str, Any]:
    moment = int((meta.server.now - timedelta(days=days_ago)).timestamp())
    return {
        "event_name": "Purchase", "event_id": event_id, "event_time": moment, "action_source": "website",
        "user_data": {"em": [hashed("ana@example.com")], "fbc": "fb.1.1780000000000.Ab_c"},
        "custom_data": {"value": 19.99, "currency": "USD", "order_id": event_id}, **changes,
    }  # fmt: skip


def tell(meta: Meta, *events: dict[str, Any], **params: Any) -> Answer:
    return meta.call("POST", f"{DATASET}/events", {"data": list(events), **params})


def counted(meta: Meta, start: str, kind: str = "events") -> list[dict[str, Any]]:
    found = request(f"{meta.server.url}/meta/_sandbox/events", {}).json[kind]
    return [one for one in found if one["event_id"].startswith(start)]


def test_an_answer_counts_and_names_nothing(meta: Meta) -> None:
    answer = tell(meta, purchase(meta, "plain-1"), purchase(meta, "plain-2"))
    assert answer.status == 200
    assert set(answer.json) == {"events_received", "messages", "fbtrace_id"}
    assert answer.json["events_received"] == 2
    assert "x-business-use-case-usage" not in {name.lower() for name in answer.headers}  # events have no limit
    assert [one["event_id"] for one in counted(meta, "plain")] == ["plain-1", "plain-2"]
    assert tell(meta, purchase(meta, "trial-1"), test_event_code="TEST1").status == 200
    assert not counted(meta, "trial")
    assert counted(meta, "trial", "test_events")
    assert meta.get(DATASET, fields="id,is_consolidated_container") == {
        "id": DATASET, "is_consolidated_container": True,
    }  # fmt: skip


def test_what_is_told_twice_counts_once(meta: Meta) -> None:
    """The shop's pixel and its server tell the same order; another name is another event."""
    first, again = (
        purchase(meta, "twice-1"),
        purchase(meta, "twice-1", 0.4, custom_data={"value": 1, "currency": "USD"}),
    )
    for events in ([first], [again], [again, first]):
        assert tell(meta, *events).json["events_received"] == len(events)
    assert [one["custom_data"]["value"] for one in counted(meta, "twice")] == [19.99]
    tell(meta, purchase(meta, "twice-1", event_name="Refund", custom_data={"value": -5, "currency": "USD"}))
    assert [one["event_name"] for one in counted(meta, "twice")] == ["Purchase", "Refund"]


def test_one_event_that_is_too_old_refuses_all(meta: Meta) -> None:
    assert error(tell(meta, purchase(meta, "old-1"), purchase(meta, "old-2", 7.1))) == TOO_OLD
    assert counted(meta, "old") == []
    store = {"action_source": "physical_store"}
    assert tell(meta, purchase(meta, "old-1"), purchase(meta, "old-3", 20, **store)).status == 200
    assert error(tell(meta, purchase(meta, "old-4", 62.1, **store))) == TOO_OLD
    assert len(counted(meta, "old")) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_name": ""},
        {"action_source": "shop"},
        {"event_time": "yesterday"},
        {"event_time": 4_000_000_000},
        {"user_data": {}},
        {"user_data": {"em": ["ana@example.com"]}},
        {"user_data": {"em": [hashed("a").upper()]}},
        {"user_data": {"email": hashed("a")}},
        {"user_data": {"fn": [hashed("ana")]}},
        {"user_data": {"fbc": "Ab_c"}},
        {"custom_data": {"value": 5}},
        {"custom_data": {"value": "much", "currency": "USD"}},
        {"custom_data": {"value": -5, "currency": "USD"}},
        {"custom_data": {"value": 5, "currency": "dollars"}},
        {"data_processing_options": ["ALL"]},
    ],
)
def test_one_wrong_event_refuses_all(meta: Meta, wrong: dict[str, Any]) -> None:
    code, _ = error(tell(meta, purchase(meta, "whole-1"), {**purchase(meta, "whole-2"), **wrong}))
    assert code == 100
    assert counted(meta, "whole") == []


def test_a_request_has_a_most_and_a_least(meta: Meta) -> None:
    many = [purchase(meta, f"many-{n}") for n in range(1_001)]
    assert error(tell(meta, *many))[0] == 100
    assert error(tell(meta))[0] == 100
    assert tell(meta, *many[:1_000]).json["events_received"] == 1_000
    assert error(meta.call("POST", "700800900100201/events", {"data": many[:1]})) == (100, 33)


def test_who_limits_the_use_is_counted_and_not_recognised(meta: Meta) -> None:
    ((email,),) = meta.world(
        "select sha256 from '{folder}/meta_users.parquet' where key = 'EMAIL' order by all limit 1"
    )
    user = {"user_data": {"em": [email]}}
    tell(meta, purchase(meta, "use-1", **user, data_processing_options=[]))
    limited = {"data_processing_options": ["LDU"], "data_processing_options_country": 0}
    tell(meta, purchase(meta, "use-2", **user, **limited, data_processing_options_state=0), purchase(meta, "use-3"))
    assert [one["is_recognised"] for one in counted(meta, "use")] == [True, False, False]


def test_too_many_calls_are_refused_for_a_while(meta: Meta) -> None:
    meta.server.faults("meta", "throttle")
    assert error(tell(meta, purchase(meta, "fast-1")))[0] == 4
    assert tell(meta, purchase(meta, "fast-1")).status == 200
