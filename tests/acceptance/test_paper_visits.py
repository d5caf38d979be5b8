"""Visits by codes and by short addresses on paper are told from direct ones, as the truth has them."""

from __future__ import annotations

import pytest

from tests.conftest import Road, Walk

SEEN = """
    select channel, campaign, split_part(visitor_key, ':', 2) as anonymous_id
    from intermediate.int_journeys__sessions
    where channel in ('qr_code', 'print', 'out_of_home')
"""
TOLD = "select scenario, brought_by, anonymous_id from read_parquet('{truth}/visit_scenarios.parquet') where started_at < ?"
CHANNEL = {"/catalogue": ("print", "spring_catalogue"), "/station": ("out_of_home", "station_poster")}


@pytest.mark.parametrize("scenario", ["qr_codes", "vanity_pages"])
def test_each_is_known_by_its_channel_and_campaign(road: Road, first: Walk, scenario: str) -> None:
    with first.warehouse() as con:
        seen = set(con.sql(SEEN).fetchall())
        told = con.execute(TOLD.format(truth=road.sandbox.truth), [first.now]).fetchall()
    true = {
        (*CHANNEL.get(brought_by, ("qr_code", brought_by)), browser)
        for name, brought_by, browser in told
        if name == scenario
    }
    found = {row for row in seen if (row[0] == "qr_code") == (scenario == "qr_codes")}
    assert len(true) > 20
    assert found <= true
    assert len(found) > 0.6 * len(true), "ad blockers and lost events keep some back"
