"""What holds of every platform alike: the same story, told of each by its own shop (its world, server, ``run``, ``held``)."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest

from activation import sync
from activation.destination import BatchRefused, DestinationError
from tests.activation.world import AUDIENCE


def a_wrong_setting_is_named(
    shop: Any, monkeypatch: pytest.MonkeyPatch, destination: str, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    shop.world.people([1])
    shop.world.publish()
    with pytest.raises(DestinationError, match=words) as error:
        shop.run()
    assert type(error.value) is not BatchRefused
    assert shop.world.ledger_rows(destination) == []


def a_lasting_throttle_ends_in_words(shop: Any, monkeypatch: pytest.MonkeyPatch, destination: str, words: str) -> None:
    monkeypatch.setattr("activation.client.ATTEMPTS", 3)
    shop.world.people(range(3))
    shop.world.publish()
    shop.server.faults(destination, "throttle", 9)
    with pytest.raises(DestinationError, match=words):
        shop.run()
    shop.server.faults(destination, "throttle", 0)
    assert len(shop.waits) == 2


def random_days_end_in_what_is_wanted(shop: Any, destination: str) -> None:
    choice = random.Random(5)
    for day in range(6):
        shop.world.people(sorted(choice.sample(range(40), 25)), product=f"SKU-{day % 2}")
        for customer in choice.sample(sorted(shop.world.members), 3):
            number = choice.randrange(1000, 1030)
            pair = (f"other-{number}@example.com", choice.choice([None, f"+1212555{number}"]))
            if pair not in shop.world.contacts.values():
                shop.world.contacts[customer] = pair
        shop.world.suppressed = dict.fromkeys(choice.sample(sorted(shop.world.members), 2), "consent_denied")
        shop.world.publish()
        shop.run()
        assert shop.held() == shop.wanted()
        assert sync.plan(AUDIENCE, destination).is_empty


def no_address_is_in_any_log_or_error(
    shop: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, destination: str, refused: str
) -> None:
    """``refused``: an address that the platform rejects."""
    caplog.set_level("DEBUG")
    shop.world.people([1, 2])
    shop.world.contacts["c_0002"] = (refused, None)
    shop.world.publish()
    assert shop.run().rejected == 1
    shop.server.faults(destination, "error_500", 99)
    shop.world.people([1, 2], product="SKU-2")
    shop.world.publish()
    monkeypatch.setattr("activation.client.ATTEMPTS", 2)
    with pytest.raises(DestinationError) as error:
        shop.run()
    shop.server.faults(destination, "error_500", 0)
    everything = caplog.text + str(error.value) + "".join(str(row) for row in shop.world.ledger_rows(destination))
    assert len(everything) > 500
    assert not [one for one in ("@", "%40", "secret", "example") if one in everything]


def faults_end_in_the_same_state(shop: Any, destination: str) -> None:
    for kind, count in (("throttle", 2), ("error_500", 1), ("hangup", 1)):
        shop.server.faults(destination, kind, count)
    with contextlib.suppress(DestinationError):  # an answer that broke in the middle; the next run goes on
        shop.run()
    shop.server.faults(destination, "hangup", 0)
    shop.run()
    assert shop.held() == shop.wanted()
    assert shop.held()
    assert sync.plan(AUDIENCE, destination).is_empty


def no_property_is_in_any_log(shop: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Of one who is told and of one whom the tool does not know by the id that we have."""
    caplog.set_level("DEBUG")
    shop.world.tool_ids["c_0002"] = "999"
    assert shop.run().rejected == 1
    assert "rejected 1" in caplog.text
    assert "@example.com" not in caplog.text
    assert "SKU-1" not in caplog.text
