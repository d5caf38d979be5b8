"""M15: what each platform holds after every run is what we wanted: members minus suppressed, held out and not consented."""

import hashlib

import pytest

from tests.conftest import Walk


def desired(walk: Walk, audience: str, destination: str) -> dict[str, str]:
    """Customer -> e-mail of eligible members outside the holdout, computed here once more, without the engine."""
    with walk.activation() as con:
        ((channel, purpose, share),) = con.execute(
            "select channel, purpose, holdout from audiences where audience = ? and destination = ?",
            [f"aud_{audience}", destination],
        ).fetchall()
        rows = con.execute(
            f"select customer_id, email from aud_{audience} join act_contact_points using (customer_id) "
            "where consent_channel = ? and consent_purpose = ? and coalesce(email, phone) is not null",
            [channel, purpose],
        ).fetchall()
    return {customer_id: email for customer_id, email in rows if not held_out(audience, customer_id, share)}


def held_out(audience: str, customer_id: str, share: float) -> bool:
    digest = hashlib.sha256(f"{audience}:{customer_id}".encode()).hexdigest()
    return int(digest[:15], 16) / 16**15 < share


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
@pytest.mark.parametrize(("audience", "at_least"), [("cart_abandoners", 30), ("lapsed_best_customers", 20)])
def test_klaviyos_list_is_the_desired_one(walk_name: str, audience: str, at_least: int, request: pytest.FixtureRequest):
    walk = request.getfixturevalue(walk_name)
    held = walk.lists[f"Selvage: {audience.replace('_', ' ')}"]
    assert held == set(desired(walk, audience, "klaviyo").values())
    assert len(held) > at_least


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
def test_metas_audience_is_the_desired_one(walk_name: str, request: pytest.FixtureRequest):
    walk = request.getfixturevalue(walk_name)
    held = walk.custom_audiences["Selvage: lapsed best customers"]
    assert held == set(desired(walk, "lapsed_best_customers", "meta"))
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
