"""Every destination that the folder holds keeps the contract; a new one is tested by being there."""

from __future__ import annotations

import ast
import inspect
from datetime import UTC, datetime
from pathlib import Path

import pytest

import selvage
from activation import discovery
from activation.destination import CONTACT_POINTS, IDENTIFYING, Audience, Contact, Member
from activation.identifiers import CLEAR, HASHED

NAMES = discovery.names()
FUNCTIONS = {
    "connect": ["settings", "audience"],
    "add": ["connection", "members", "remember"],
    "update": ["connection", "members", "remember"],
    "remove": ["connection", "members", "remember"],
    "resume": ["connection", "job_id", "customer_ids"],
}


def test_there_are_destinations() -> None:
    assert {"klaviyo", "meta"} <= set(NAMES)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_declares_what_the_engine_needs(name: str) -> None:
    destination = discovery.find(name)
    assert isinstance(destination.VERSION, selvage.ApiVersion)
    assert set(destination.BATCH_SIZE) == {"add", "update", "remove"}
    assert all(size > 0 for size in destination.BATCH_SIZE.values())
    assert destination.IDENTIFIERS
    for identifiers in destination.IDENTIFIERS.values():
        assert identifiers
        assert set(identifiers) <= set(IDENTIFYING)
    for channel, fields in destination.CONTACT_FIELDS.items():
        assert set(fields) <= set(CONTACT_POINTS) - set(destination.IDENTIFIERS[channel])
    assert isinstance(destination.CAN_REMOVE, bool)
    assert isinstance(destination.CLEAR_TEXT, bool)
    assert isinstance(destination.TAKES_PROPERTIES, bool)
    assert destination.MIN_MEMBERS >= 0
    assert destination.RESEND_DAYS >= 0
    assert all(key.islower() for key in destination.SETTINGS)


def test_its_functions_take_what_the_engine_gives(name: str) -> None:
    destination = discovery.find(name)
    for function, parameters in FUNCTIONS.items():
        found = list(inspect.signature(getattr(destination, function)).parameters)
        assert len(found) == len(parameters), f"{name}.{function}{found}"


def test_its_version_is_a_setting_with_days_left(name: str) -> None:
    destination = discovery.find(name)
    version = destination.VERSION
    assert destination.SETTINGS[version.setting] == version.name
    ending = version.warning(name, version.name, datetime.now(UTC).date())
    assert ending is None, ending
    source = Path(inspect.getfile(discovery.find(name))).read_text()  # type: ignore[arg-type]
    assert source.count(f'"{version.name}"') == 1, "the version is written once, and reached through the settings"


def test_its_address_is_a_setting(name: str) -> None:
    source = Path(inspect.getfile(discovery.find(name))).read_text()  # type: ignore[arg-type]
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and text.startswith(("http://", "https://"))]


def test_connecting_makes_no_request(name: str) -> None:
    destination = discovery.find(name)
    settings = {key: default or "http://127.0.0.1:9/nowhere" for key, default in destination.SETTINGS.items()}
    for channel in destination.IDENTIFIERS:
        audience = Audience("nobody", "", "marketing", "email" if channel == "all" else channel, name)
        destination.connect(settings, audience)


def test_its_platform_has_identifier_rules(name: str) -> None:
    rules = {**HASHED.get(name, {}), **CLEAR.get(name, {})}
    for identifiers in discovery.find(name).IDENTIFIERS.values():
        assert set(identifiers) <= set(rules)


def test_a_member_never_shows_how_to_reach_a_person() -> None:
    member = Member("c_1", Contact(email="ana@example.com", phone="+12125550100"), {"city": "Lima"})
    assert "ana" not in repr(member)
    assert "555" not in repr(member)
    assert "Lima" not in repr(member)
