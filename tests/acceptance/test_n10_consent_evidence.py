"""N10: every row of the log names the consent it stood on, and the history of consents gives the same decision again."""

from __future__ import annotations

import pytest

from tests.conftest import Walk

# What the history says of the customer, for the use that the audience has at that destination, at the moment that the
# row names; customers' ids are those of the build that the row was planned from.
REPLAYED = """
select
    records.consent_evidence_id,
    records.consent_policy_version,
    history.consent_status,
    history.evidence_id,
    history.policy_version
from fct_sync_records as records
inner join wanted.audiences as routes
    on routes.audience = 'aud_' || records.audience and routes.destination = records.destination
left join fct_customer_consents as history
    on
        history.customer_id = records.customer_id
        and history.channel = routes.channel
        and history.purpose = routes.purpose
        and history.valid_from <= records.consent_as_of
        and coalesce(history.valid_to > records.consent_as_of, true)
where
    records.action in ('add', 'update')
    and records.build_id = (select build_id from wanted.build)
    and routes.purpose <> 'service'
"""
# Service rests on the contract: the row names an order of the customer's.
CONTRACTS = """
select orders.order_key is not null and not orders.is_test and not orders.is_cancelled as is_theirs
from fct_sync_records as records
inner join wanted.audiences as routes
    on routes.audience = 'aud_' || records.audience and routes.destination = records.destination
left join fct_orders as orders
    on records.consent_evidence_id = 'order:' || orders.order_key and orders.customer_id = records.customer_id
where
    records.action in ('add', 'update')
    and records.build_id = (select build_id from wanted.build)
    and routes.purpose = 'service'
"""


@pytest.mark.parametrize("walk_name", ["first", "next_day"])
def test_every_decision_is_reproduced(walk_name: str, request: pytest.FixtureRequest) -> None:
    walk: Walk = request.getfixturevalue(walk_name)
    with walk.marts() as con:
        con.execute(f"attach '{walk.folder / 'activation.duckdb'}' as wanted (read_only)")
        rows = con.sql(REPLAYED).fetchall()
        contracts = [is_theirs for (is_theirs,) in con.sql(CONTRACTS).fetchall()]
        (sent,) = con.sql(
            "select count(*) from fct_sync_records "
            "where action in ('add', 'update') and build_id = (select build_id from wanted.build)"
        ).fetchall()[0]
    assert len(rows) + len(contracts) == sent, "a row has no moment in the history, or several"
    assert len(rows) > 20
    assert contracts
    assert all(contracts)
    assert all(evidence and policy for evidence, policy, *_ in rows)
    assert {status for _, _, status, *_ in rows} == {"granted"}
    assert [row for row in rows if (row[0], row[1]) != (row[3], row[4])] == []


def test_a_removal_says_why(next_day: Walk) -> None:
    with next_day.marts() as con:
        reasons = con.sql("select coalesce(reason, '') from fct_sync_records where action = 'remove'").fetchall()
    assert reasons
    assert all(reason for (reason,) in reasons)
