"""M15: what the platform holds after every run is what we wanted: members minus suppressed, held out and not consented."""

import hashlib

import pytest

from tests.conftest import Road, Walk


def desired(walk: Walk) -> set[str]:
    """E-mails of eligible members outside the holdout, computed here once more, without the engine."""
    with walk.activation() as con:
        share = con.sql("select holdout from audiences where audience like '%cart_abandoners'").fetchone()[0]
        rows = con.sql(
            "select customer_id, email from aud_cart_abandoners join act_contact_points using (customer_id) where email is not null"
        ).fetchall()
    return {email for customer_id, email in rows if not held_out("cart_abandoners", customer_id, share)}


def held_out(audience: str, customer_id: str, share: float) -> bool:
    digest = hashlib.sha256(f"{audience}:{customer_id}".encode()).hexdigest()
    return int(digest[:15], 16) / 16**15 < share


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
def test_the_platforms_list_is_the_desired_one(road: Road, walk_name: str, request: pytest.FixtureRequest):
    walk = request.getfixturevalue(walk_name)
    assert walk.list_members == desired(walk)
    assert len(walk.list_members) > 30
