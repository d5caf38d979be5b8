"""Priority lists and weekly caps, told to toy destinations: ``checkout`` before ``cart``, both of one list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import selvage
from activation import destinations, discovery, sync, turns
from activation.__main__ import main as command
from activation.destination import Audience
from activation.lock import destination_lock
from tests.activation.crowd import Crowd, Entry, ledger_members, with_cap

TOYS = Path(__file__).parent / "toy"


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Crowd]:
    """A crowd of the audiences given, under a weekly cap, at these destinations only."""

    def made(cap: int | None = None, has: tuple[str, ...] | None = None, **audiences: Entry) -> Crowd:
        monkeypatch.setenv("SELVAGE_HOME", str(tmp_path))
        monkeypatch.setenv("SELVAGE_ENV", "sandbox")
        monkeypatch.setenv("RACK_PATH", str(tmp_path / "rack.json"))
        monkeypatch.setenv("RAIL_PATH", str(tmp_path / "rail.json"))
        monkeypatch.setattr(destinations, "__path__", [*destinations.__path__, str(TOYS)])
        brand = with_cap(cap, has)
        monkeypatch.setattr(selvage, "load_brand", lambda name: brand)
        return Crowd(tmp_path, audiences or {"checkout": Entry(rank=1), "cart": Entry(rank=2)})

    return made


def test_a_person_is_in_the_first_audience_of_the_list_only(make: Callable[..., Crowd]) -> None:
    crowd = make()
    crowd.publish(checkout="xy", cart="xyz")
    result = crowd.sync("cart")
    assert (result.outranked, result.waiting, result.added) == (2, 0, 1)
    crowd.sync("checkout")
    assert (crowd.held("checkout"), crowd.held("cart")) == ("xy", "z")


def test_who_moves_up_leaves_first_and_comes_in_by_the_same_run(make: Callable[..., Crowd]) -> None:
    crowd = make()
    crowd.publish(cart="xyz")
    crowd.sync("cart")
    crowd.publish(checkout="x")
    early = crowd.sync("checkout")
    assert (early.added, early.waiting) == (0, 1), "the cart's list still holds x"
    made = sync.plan("cart", "rack")
    assert made.reasons() == {"outranked:checkout": 1}
    sync.apply(made)
    assert crowd.sync("checkout").added == 1
    assert (crowd.held("checkout"), crowd.held("cart")) == ("x", "yz")


def test_the_command_goes_in_the_same_order(make: Callable[..., Crowd], capsys: pytest.CaptureFixture[str]) -> None:
    crowd = make(checkout=Entry(rank=1), cart=Entry(rank=2), another=Entry())
    crowd.publish(checkout="x", cart="xy")
    assert command(["plan", "--json"]) == 0
    plans = {
        plan["audience"]: plan["counts"] for plan in json.loads(capsys.readouterr().out) if "members_after" in plan
    }
    assert list(plans) == ["cart", "checkout", "another"]
    assert (plans["cart"]["outranked"], plans["checkout"]["outranked"]) == (1, 0)
    assert command(["plan", "cart"]) == 0
    assert re.search(r"of a higher rank +1\n +waiting for a turn +0\n", capsys.readouterr().out)


def test_who_moves_down_comes_in_by_the_next_run(make: Callable[..., Crowd]) -> None:
    crowd = make()
    crowd.publish(checkout="x", cart="xy")
    for name in ("cart", "checkout"):
        crowd.sync(name)
    crowd.publish(checkout="")
    assert crowd.sync("cart").waiting == 1
    crowd.sync("checkout")
    assert crowd.sync("cart").added == 1
    assert (crowd.held("checkout"), crowd.held("cart")) == ("", "xy")


def killed(crowd: Crowd, name: str, point: str) -> None:
    """A sync that dies before or after its first call arrived."""
    (crowd.home / f"rack-{name}.json").write_text(f'{{"die": [1, "{point}"]}}')
    with pytest.raises(discovery.find("rack").add.__globals__["Killed"]):  # type: ignore[attr-defined]
        crowd.sync(name)


@pytest.mark.parametrize("point", ["before", "after"])
def test_who_may_have_arrived_below_is_waited_for(make: Callable[..., Crowd], point: str) -> None:
    crowd = make()
    crowd.publish(cart="xy")
    killed(crowd, "cart", point)
    crowd.publish(checkout="x")
    assert crowd.sync("checkout").waiting == 1
    crowd.sync("cart")
    assert crowd.sync("checkout").added == 1
    assert (crowd.held("checkout"), crowd.held("cart")) == ("x", "y")


def test_held_out_of_the_first_is_not_given_to_the_next(make: Callable[..., Crowd]) -> None:
    """Else the lift of the one would be measured against people whom the other told something."""
    crowd = make(checkout=Entry(rank=1, holdout=0.5), cart=Entry(rank=2))
    everybody = "uvwxyz"
    crowd.publish(checkout=everybody, cart=everybody)
    for name in ("cart", "checkout"):
        crowd.sync(name)
    assert 0 < len(crowd.held("checkout")) < len(everybody)
    assert crowd.held("cart") == ""


def test_who_is_not_eligible_above_is_wanted_below(make: Callable[..., Crowd]) -> None:
    """Suppressed for the one's channel, but not for the other's; or the brand does not have the one's destination."""
    crowd = make(
        None,
        ("rack", "files"),
        checkout=Entry(rank=1),
        cart=Entry(rank=3, channel="ads", destinations=("files",)),
        elsewhere=Entry(rank=2, destinations=("nowhere",)),
    )
    crowd.suppressed = {"x"}
    crowd.publish(checkout="xy", cart="xyz", elsewhere="z")
    made = sync.plan("cart", "files")
    assert made.counts["outranked"] == 1


def test_the_list_holds_across_destinations(make: Callable[..., Crowd]) -> None:
    routes = {"checkout": ("rail",), "cart": ("rack", "rail")}
    crowd = make(**{name: Entry(rank, to) for rank, (name, to) in enumerate(routes.items(), start=1)})
    crowd.publish(cart="xy")
    for destination in ("rack", "rail"):
        crowd.sync("cart", destination)
    crowd.publish(checkout="x")
    crowd.sync("cart", "rail")
    assert crowd.sync("checkout", "rail").waiting == 1, "the rack still holds x in the cart's list"
    crowd.sync("cart", "rack")
    crowd.sync("checkout", "rail")
    assert (crowd.held("cart", "rack"), crowd.held("cart", "rail"), crowd.held("checkout", "rail")) == ("y", "y", "x")


def test_the_removals_of_a_list_are_guarded_like_others(make: Callable[..., Crowd]) -> None:
    crowd = make(checkout=Entry(rank=1), cart=Entry(rank=2, max_removal_share=0.5))
    crowd.publish(cart="xyz")
    crowd.sync("cart")
    crowd.publish(checkout="xyz")
    assert sync.plan("cart", "rack").refused_by() == ["RemovalGuard"]


def test_an_arm_is_given_where_the_turn_is(make: Callable[..., Crowd]) -> None:
    """In the audience below, x is neither treated nor held out: nobody decided that by chance."""
    crowd = make(checkout=Entry(rank=1, holdout=0.5), cart=Entry(rank=2, holdout=0.5))
    crowd.publish(checkout="x", cart="xy")
    assert set(sync.plan("cart", "rack").arms["customer_id"].to_pylist()) == {"y"}
    crowd.sync("checkout")
    crowd.publish(checkout="")
    crowd.sync("checkout")
    assert set(sync.plan("cart", "rack").arms["customer_id"].to_pylist()) == {"x", "y"}


@pytest.fixture
def week(make: Callable[..., Crowd]) -> Crowd:
    """Two additions a week; four audiences without a list, the last of them to exclude people."""
    return make(2, one=Entry(), two=Entry(), three=Entry(), exclusion=Entry(is_capped=False))


def test_who_was_added_too_often_waits_until_the_week_is_over(week: Crowd) -> None:
    week.publish(one="x", two="x", three="xy", exclusion="x")
    for name in ("one", "two"):
        week.sync(name)
    result = week.sync("three")
    assert (result.added, result.waiting) == (1, 1)
    week.sync("exclusion")
    assert (week.held("three"), week.held("exclusion")) == ("y", "x")
    week.as_of += timedelta(days=6, hours=23)
    week.publish()
    assert week.sync("three").added == 0
    assert week.held("one") == "x", "who is a member stays"
    week.as_of += timedelta(hours=1)
    week.publish()
    assert week.sync("three").added == 1
    assert sync.plan("three", "rack").is_empty


def test_leaving_gives_no_addition_back_and_a_change_takes_none(week: Crowd) -> None:
    week.publish(one="x")
    week.sync("one")
    sync.apply(sync.plan("one", "rack", resend=True))
    week.publish(one="", two="x")
    week.sync("one")
    assert week.sync("two").added == 1
    week.publish(three="x")
    assert week.sync("three").waiting == 1


def test_plans_made_together_do_not_add_together(week: Crowd) -> None:
    week.publish(one="xy", two="xy", three="x")
    plans = [sync.plan(name, "rack") for name in ("one", "two", "three")]
    assert [plan.adds for plan in plans] == [2, 2, 1]
    assert [sync.apply(plan).waiting for plan in plans] == [0, 0, 1]
    again = sync.apply(plans[2])
    assert (again.sent, again.waiting, week.held("three")) == (0, 1, "")


def test_a_refused_addition_counts_for_nothing(week: Crowd) -> None:
    week.publish(one="x", two="x", three="x")
    for name in ("one", "two"):
        (week.home / f"rack-{name}.json").write_text('{"reject": ["x@example.com"]}')
        assert week.sync(name).rejected == 1
    assert week.sync("three").added == 1


@pytest.mark.parametrize("point", ["before", "after"])
def test_what_may_have_arrived_counts_and_is_not_taken_back(week: Crowd, point: str) -> None:
    week.publish(one="x", two="x", three="x")
    week.sync("one")
    killed(week, "two", point)
    assert week.sync("three").waiting == 1
    assert week.sync("two").added == 1
    assert (week.held("two"), week.held("three")) == ("x", "")


def test_additions_and_members_of_a_merged_customer_are_of_who_stays(make: Callable[..., Crowd]) -> None:
    crowd = make(2, checkout=Entry(rank=1), cart=Entry(rank=2), one=Entry(), two=Entry())
    crowd.publish(cart="x", one="xy")
    for name in ("cart", "one"):
        crowd.sync(name)
    crowd.merged = {"x": "z"}
    crowd.publish(checkout="z", cart="", one="yz", two="yz")
    assert crowd.sync("checkout").waiting == 1, "the cart's list holds x, who is z now"
    crowd.sync("cart")
    assert crowd.sync("checkout").waiting == 1, "z was added twice as x"
    assert crowd.sync("two").added == 1
    assert ledger_members(crowd.merged)["two", "rack"] == {"y"}
    crowd.as_of += timedelta(days=7)
    crowd.publish()
    assert crowd.sync("checkout").added == 1


def test_one_lock_for_all_who_take_turns(make: Callable[..., Crowd], monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = make(checkout=Entry(rank=1, destinations=("rail",)), cart=Entry(rank=2), other=Entry())
    crowd.publish(checkout="x", cart="y", other="z")
    add = discovery.find("rack").add
    held: list[Any] = []

    def sending(*given: Any) -> Any:
        monkeypatch.setattr(
            "activation.turns.destination_lock", lambda path, holder: destination_lock(path, holder, 0.0)
        )
        with pytest.raises(TimeoutError, match="sending cart to rack"):
            crowd.sync("checkout", "rail")
        monkeypatch.undo()
        held.append(True)
        return add(*given)

    with monkeypatch.context() as patch:
        patch.setattr(discovery.find("rack"), "add", sending)
        crowd.sync("cart")
    assert held


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"priority_list": "baskets"}, "audience some: priority takes a list and a rank of 1 or more"),
        ({"priority_rank": 2}, "audience some: priority takes a list and a rank"),
        ({"priority_list": "baskets", "priority_rank": 0}, "audience some: priority takes a list and a rank"),
        (
            {"priority_list": "baskets", "priority_rank": 1, "mode": "upsert"},
            "audience some: mode upsert keeps members",
        ),
    ],
)
def test_nonsense_is_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Audience("some", "", "marketing", "email", "rack", **given)


def test_two_of_one_rank_are_named(make: Callable[..., Crowd]) -> None:
    crowd = make(checkout=Entry(rank=1), cart=Entry(rank=1))
    crowd.publish()
    with pytest.raises(ValueError, match=r"audience checkout: priority rank 1 of list one is cart's already"):
        sync.plan("cart", "rack")


@pytest.mark.parametrize("cap", [0, -1, 1.5, True])
def test_an_impossible_cap_is_refused(cap: Any) -> None:
    with pytest.raises(ValueError, match=r"brands/demo\.toml: weekly_caps\.email"):
        with_cap(cap)


def test_lists_have_their_turn_as_the_brand_names_them_from_the_last_rank_up() -> None:
    brand = selvage.load_brand("demo")
    known = [(None, None), ("lifecycle", 1), ("baskets", 1), ("unnamed", 1), ("lifecycle", 2), ("baskets", 3)]
    assert sorted(known, key=lambda one: turns.place(brand, *one)) == [
        ("baskets", 3), ("baskets", 1), ("lifecycle", 2), ("lifecycle", 1), ("unnamed", 1), (None, None),
    ]  # fmt: skip
