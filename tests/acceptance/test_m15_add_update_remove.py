"""M15: what each platform holds after every run is what we wanted: members minus suppressed, held out and not consented.

And minus who belongs to a higher audience of the list, or has to wait for a turn.
"""

import hashlib

import pytest

import selvage
from tests.conftest import Walk


def desired(walk: Walk, audience: str, destination: str) -> dict[str, str]:
    """Customer -> e-mail of eligible members outside the holdout, computed here once more, without the engine."""
    with walk.activation() as con:
        ((channel, purpose, share, turn, rank),) = con.execute(
            "select channel, purpose, holdout, priority_list, priority_rank from audiences "
            "where audience = ? and destination = ?",
            [f"aud_{audience}", destination],
        ).fetchall()
        higher = con.execute(
            "select distinct audience from audiences where priority_list = ? and priority_rank < ?", [turn, rank]
        ).fetchall()
        others = {row[0] for (one,) in higher for row in con.sql(f"select customer_id from {one}").fetchall()}
        rows = con.execute(
            f"select customer_id, email from aud_{audience} join act_contact_points using (customer_id) "
            "where consent_channel = ? and consent_purpose = ? and coalesce(email, phone) is not null",
            [channel, purpose],
        ).fetchall()
    free = ((customer_id, email) for customer_id, email in rows if customer_id not in others)
    return {customer_id: email for customer_id, email in free if not held_out(audience, customer_id, share)}


def waiting(walk: Walk) -> set[str]:
    """Who was added too often this week, or left another audience by this very run: the next one has them."""
    with walk.marts() as con:
        found = con.sql(
            "select customer_id from fct_sync_records where action = 'remove' "
            "and build_id = (select arg_max(build_id, recorded_at) from fct_sync_records) "
            "union select customer_id from fct_sync_records where destination = 'klaviyo' and action = 'add' "
            "and consent_as_of > (select max(consent_as_of) - interval 7 days from fct_sync_records) "
            f"group by customer_id having count(*) >= {selvage.load_brand('demo').weekly_caps['email']}"
        )
        return {customer_id for (customer_id,) in found.fetchall()}


def held_out(audience: str, customer_id: str, share: float) -> bool:
    digest = hashlib.sha256(f"{audience}:{customer_id}".encode()).hexdigest()
    return int(digest[:15], 16) / 16**15 < share


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
@pytest.mark.parametrize(("audience", "at_least"), [("cart_abandoners", 30), ("lapsed_best_customers", 20)])
def test_klaviyos_list_is_the_desired_one(walk_name: str, audience: str, at_least: int, request: pytest.FixtureRequest):
    walk = request.getfixturevalue(walk_name)
    held = walk.lists[f"Selvage: {audience.replace('_', ' ')}"]
    wanted = desired(walk, audience, "klaviyo")
    assert held <= set(wanted.values())
    assert {customer_id for customer_id, email in wanted.items() if email not in held} <= waiting(walk)
    assert len(held) > at_least


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
def test_metas_audience_is_the_desired_one(walk_name: str, request: pytest.FixtureRequest):
    walk = request.getfixturevalue(walk_name)
    held = walk.custom_audiences["Selvage: lapsed best customers"]
    wanted = set(desired(walk, "lapsed_best_customers", "meta"))
    assert held <= wanted
    assert wanted - held <= waiting(walk)
    assert len(held) > 20


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
def test_shopifys_tags_are_on_the_desired_customers(walk_name: str, request: pytest.FixtureRequest):
    walk = request.getfixturevalue(walk_name)
    with walk.activation() as con:
        ids = con.sql(
            "select shopify_ids from aud_customer_profiles join act_contact_points using (customer_id) "
            "where consent_channel = 'shop'"
        ).fetchall()
    assert walk.tagged.keys() == {f"gid://shopify/Customer/{one}" for (row,) in ids for one in row.split(",")}


def test_each_destination_gets_those_who_agreed_to_it(next_day: Walk):
    """Some agreed to ads and not to e-mail, some the other way about: neither list is the other."""
    ads, email = (set(desired(next_day, "lapsed_best_customers", name)) for name in ("meta", "klaviyo"))
    assert ads - email
    assert email - ads
    assert ads & email
