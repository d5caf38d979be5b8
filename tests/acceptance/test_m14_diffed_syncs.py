"""M14: a second run with unchanged data sends nothing; a day's change sends the minimal operations."""

import pytest

from tests.conftest import DESTINATIONS, WITHOUT_MEMBERS, Walk

LASTING = [
    ("cart_abandoners", "klaviyo"),
    ("lapsed_best_customers", "klaviyo"),
    ("lapsed_best_customers", "meta"),
    ("lapsed_best_customers", "google"),
    ("lapsed_best_customers", "tiktok"),
    ("vip_early_access", "klaviyo"),
    ("recent_buyers", "meta"),
    ("customer_profiles", "shopify"),
    ("customer_profiles", "zendesk"),
    ("customer_profiles", "hubspot"),
]
"""Routes of audiences that stay much the same from day to day."""


def ledger(walk: Walk) -> list[tuple]:
    with walk.marts() as con:
        return con.sql(
            "select sync_run_id, audience, destination, customer_id, action, fingerprint, status from fct_sync_records "
            "where audience <> 'conversions'"
        ).fetchall()


def test_first_run_sends(first: Walk):
    assert first.writes > 0
    assert {row[4] for row in ledger(first)} == {"add"}
    with first.activation() as con:
        routes = con.sql("select audience, destination from audiences").fetchall()
    wanted = {(audience.removeprefix("aud_"), to) for audience, to in routes if audience not in WITHOUT_MEMBERS}
    assert {row[1:3] for row in ledger(first)} == wanted >= set(LASTING)


def test_unchanged_data_sends_no_call(first: Walk, second: Walk):
    assert second.writes == 0
    assert second.tagged == first.tagged
    assert len(first.tagged) > 100
    assert sorted(ledger(first)) == sorted(ledger(second))


@pytest.mark.parametrize("route", LASTING, ids="-".join)
def test_a_day_sends_the_minimal_operations(second: Walk, next_day: Walk, route: tuple[str, str]):
    known = {row for row in ledger(second) if row[1:3] == route}
    new = [row for row in ledger(next_day) if row[1:3] == route and row not in known]
    members = {row[3]: row for row in known if row[6] != "rejected"}
    assert len({row[3] for row in new}) == len(new), "a customer was written more than once in one run"
    for _, _, _, customer, action, fingerprint, _ in new:
        if action == "add":
            assert customer not in members
        else:
            assert customer in members
        if action == "update":
            assert fingerprint != members[customer][5]
    assert len(new) < len(members), "the day rewrote more than it changed"


def events(walk: Walk) -> list[tuple]:
    with walk.marts() as con:
        return con.sql(
            "select destination, event_id, action, customer_id, consent_evidence_id, recorded_at from fct_sync_records "
            "where audience = 'conversions' and status <> 'rejected'"
        ).fetchall()


def test_each_order_is_told_once(first: Walk, second: Walk, next_day: Walk):
    """Orders and refunds go to the ad platforms: a second run tells nothing, a day's run the day's own."""
    assert events(first), "no order was told of: nothing was tested"
    assert sorted(events(first)) == sorted(events(second))
    told = [row[:2] for row in events(next_day)]
    assert len(told) == len(set(told)) > len(events(second))
    assert all(evidence for *_, evidence, _ in events(next_day))


def test_a_day_adds_and_removes(second: Walk, next_day: Walk):
    new = set(ledger(next_day)) - set(ledger(second))
    assert {row[2] for row in new} == {*DESTINATIONS}, "the day changed nothing: nothing was tested"
    assert {row[4] for row in new} >= {"add", "remove"}
