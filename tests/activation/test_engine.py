"""Plan and apply against the toy destination: moves, holdout, minimal operations."""

from __future__ import annotations

import dataclasses
import json
import stat

import pytest

from activation import sync
from activation.audience import UnknownAudience
from activation.destination import DestinationError
from activation.plans import load_plan, newest_plan
from tests.activation.world import AUDIENCE, World, held_out, plan_file, run


def test_add_update_remove(world: World) -> None:
    world.people(range(10))
    world.publish()
    first = run(world)
    assert (first.planned, first.sent, first.accepted, first.added, first.members) == (10, 10, 10, 10, 10)
    assert world.remote() == world.wanted()
    world.people(range(2, 12))
    world.members["c_0005"] = "SKU-2"
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert (made.adds, made.updates, made.removals) == (2, 1, 2)
    assert made.reasons() == {"left": 2}
    result = sync.apply(made)
    assert (result.added, result.updated, result.removed, result.members) == (2, 1, 2, 10)
    assert world.remote() == world.wanted()


def test_unchanged_data_sends_nothing(world: World) -> None:
    world.people(range(10))
    world.publish()
    run(world)
    calls = len(world.shelf.read()["calls"])
    world.publish()
    again = run(world)
    assert (again.planned, again.sent) == (0, 0)
    assert len(world.shelf.read()["calls"]) == calls


def test_the_ledger_has_a_row_per_operation_with_its_evidence(world: World) -> None:
    world.people(range(3))
    world.publish()
    run(world)
    world.people(range(2))
    world.suppressed = {"c_0001": "unsubscribed"}
    world.publish()
    result = run(world)
    rows = world.ledger_rows()
    assert len(rows) == 5
    assert {row["status"] for row in rows} == {"acknowledged"}
    removed = {row["customer_id"]: row for row in rows if row["action"] == "remove"}
    assert removed["c_0002"]["reason"] == "left"
    assert removed["c_0001"]["reason"] == "suppressed:unsubscribed"
    assert rows[0]["consent_evidence_id"] == "consent-c_0000"
    assert rows[0]["remote_id"]
    assert rows[0]["job_id"]
    assert result.suppressed == 1


def test_a_suppressed_member_of_the_audience_is_not_sent(world: World) -> None:
    world.people(range(3))
    world.suppressed = {"c_0001": "complaint"}
    world.publish()
    result = run(world)
    assert result.suppressed == 1
    assert "c_0001@example.com" not in world.remote()


def test_consent_for_another_use_opens_no_door(world: World) -> None:
    world.people(range(3))
    world.elsewhere = ("c_0001", "c_0007")
    world.contacts["c_0007"] = ("c_0007@example.com", None)
    world.publish()
    result = run(world)
    assert (result.added, result.members) == (3, 3)
    assert world.remote() == world.wanted()
    assert sync.plan(AUDIENCE, "shelf").is_empty  # c_0001 has a row of another use beside its own
    world.members.pop("c_0001")
    world.publish()
    assert run(world).removed == 1
    assert world.remote() == world.wanted()


def test_changed_properties_are_no_news_to_a_destination_that_takes_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from activation import discovery

    monkeypatch.setattr(discovery.find("shelf"), "TAKES_PROPERTIES", False)
    world.people(range(3))
    world.publish()
    run(world)
    assert world.shelf.read()["members"]["c_0001@example.com"][1] == {}
    world.people(range(3), product="SKU-2")
    world.publish()
    assert sync.plan(AUDIENCE, "shelf").is_empty


def test_held_out_stay_out(world: World) -> None:
    world.people(range(400))
    world.holdout = 0.1
    world.publish()
    result = run(world)
    assert result.held_out == sum(held_out(customer, 0.1) for customer in world.members) > 0
    assert world.remote() == world.wanted()


def test_no_identifier_and_shared_identifier(world: World) -> None:
    world.people(range(4))
    world.contacts["c_0000"] = (None, "+12125550100")
    world.contacts["c_0001"] = ("  ", None)
    world.contacts["c_0003"] = world.contacts["c_0002"]
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert (made.counts["without_identifier"], made.counts["shared_identifier"], made.adds) == (2, 1, 1)
    sync.apply(made)
    del world.members["c_0002"]  # the other one takes the place, whatever the order of removal and addition
    world.publish()
    run(world)
    assert world.remote() == {"c_0002@example.com": "SKU-1"}


def test_a_changed_address_moves_the_member(world: World) -> None:
    world.people(range(3))
    world.publish()
    run(world)
    world.contacts["c_0001"] = ("new@example.com", None)
    world.max_removal_share = 0.0  # a move is no removal
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert (made.adds, made.updates, made.removals, made.counts["moves"]) == (0, 1, 0, 1)
    sync.apply(made)
    assert world.remote() == world.wanted()
    assert "c_0001@example.com" not in world.remote()
    assert sync.plan(AUDIENCE, "shelf").is_empty


def test_upsert_removes_only_the_suppressed(world: World) -> None:
    world.mode = "upsert"
    world.people(range(4))
    world.publish()
    run(world)
    world.people(range(2))
    world.suppressed = {"c_0003": "unsubscribed"}
    world.publish()
    run(world)
    assert set(world.remote()) == {f"c_000{n}@example.com" for n in (0, 1, 2)}


def test_resend_tells_everyone_again(world: World) -> None:
    world.people(range(5))
    world.publish()
    run(world)
    world.set_remote(members={})
    sync.apply(sync.plan(AUDIENCE, "shelf", resend=True))
    assert world.remote() == world.wanted()


def test_a_plan_holds_no_personal_data_and_is_private(world: World) -> None:
    world.people(range(3))
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    saved = plan_file(world)
    assert "example.com" not in json.dumps(saved)
    assert list(saved["actions"]) == ["customer_id", "action", "fingerprint", "reason"]
    path = world.settings.work / "plans" / f"{made.plan_id}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = load_plan(path)
    assert read.actions.equals(made.actions)
    assert dataclasses.replace(read, actions=made.actions) == made
    newest = newest_plan(world.settings.work / "plans", AUDIENCE, "shelf")
    assert newest is not None
    assert newest.plan_id == made.plan_id
    sync.apply(read)
    assert world.remote() == world.wanted()


def test_unknown_names_are_named(world: World) -> None:
    world.publish()
    with pytest.raises(UnknownAudience, match="cart_abandoners"):
        sync.plan("nobody", "shelf")
    with pytest.raises(LookupError, match=r"klaviyo, .*meta, .*shelf"):
        sync.plan(AUDIENCE, "nowhere")
    assert sync.plan(f"aud_{AUDIENCE}", "shelf").audience == AUDIENCE
    with pytest.raises(UnknownAudience, match="goes to: shelf"):
        sync.plan(AUDIENCE, "klaviyo")


def test_a_wrong_number_of_outcomes_is_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from activation import discovery

    world.people(range(2))
    world.publish()
    monkeypatch.setattr(discovery.find("shelf"), "add", lambda shelf, members, remember: [])
    with pytest.raises(DestinationError, match="0 outcomes for 2 rows"):
        run(world)


def test_an_audience_may_be_listed_by_its_models_name(world: World) -> None:
    world.people(range(60))
    world.holdout = 0.3
    world.publish()
    run(world)
    world.audience = f"aud_{AUDIENCE}"
    world.publish()
    assert sync.plan(AUDIENCE, "shelf").is_empty
