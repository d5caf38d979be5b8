"""The rows of a plan as members to send: customer ids joined again with the copy's contact points and properties.

A plan holds no personal data, so this join happens at the last step, batch by batch, and only the contact points that
the destination declared are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from activation.audience import (
    EVIDENCE,
    Copy,
    contact_fields_of,
    identifiers_of,
    identity_sql,
    scalar,
    table_of,
    use_sql,
)
from activation.destination import MOVED, SEARCHED, Action, Audience, Contact, Destination, Evidence, Member
from activation.ledger import Ledger
from activation.plans import Plan


def batches(
    copy: Copy,
    destination: Destination,
    audience: Audience,
    plan: Plan,
    action: Action,
    is_move: bool,
    ledger: Ledger,
    key: str,
    size: int,
) -> Iterator[list[Member]]:
    """The members of one action in batches of at most ``size``, by customer id; moves and other updates apart.

    Rows that this very plan has in the ledger already are left out: a plan applied again goes on where it stopped. So
    are additions of whom another audience has had the turn since (turns.py): the next plan has them again.
    Needs tables ``state``, ``uncertain`` (state.py), ``waiting`` (turns.py) and ``suppressions``.
    """
    connection = copy.connection
    fields = (*identifiers_of(destination, audience), *contact_fields_of(destination, audience))
    properties = copy.properties(audience, destination)
    connection.register("planned", plan.actions)
    ledger_rows = ledger.rows(connection)  # noqa: F841  (DuckDB finds it by its name)
    connection.execute(
        """
        create or replace temp table outgoing as
        select planned.*
        from planned
        anti join (select * from ledger_rows where plan_id = $plan_id and action = $action) as done
            on done.customer_id = planned.customer_id
        where
            planned.action = $action
            and (coalesce(planned.reason, '') in ($moved, $searched)) = $is_move
            and (
                planned.action <> 'add'
                or planned.customer_id not in (select waiting.customer_id from waiting)
                or planned.customer_id in (select uncertain.customer_id from uncertain)
            )
        """,
        {"plan_id": plan.plan_id, "action": action, "moved": MOVED, "searched": SEARCHED, "is_move": is_move},
    )
    # A member is removed under the identifier it was told under: today's says nothing if it has changed since.
    is_same = (
        f"($action <> 'remove' or {identity_sql(destination, audience)} = split_part(outgoing.fingerprint, '-', 1))"
    )
    contact = "".join(
        f", case when {is_same} then nullif(trim(contacts.{name}), '') end as contact_{name}" for name in fields
    )
    sent = "".join(f', members."{name}" as "property_{name}"' for name in properties)
    relation = connection.execute(
        f"""
        select
            outgoing.customer_id,
            outgoing.fingerprint,
            outgoing.reason,
            case
                when $action <> 'add' and outgoing.fingerprint <> '' and coalesce(outgoing.reason, '') <> $searched
                    then state.remote_id
            end as remote_id,
            coalesce(members.consent_evidence_id, suppressions.consent_evidence_id) as consent_evidence_id,
            members.consent_policy_version,
            coalesce(members.consent_as_of, suppressions.consent_as_of)::timestamp as consent_as_of
            {contact}
            {sent}
        from outgoing
        left join copy.{table_of(audience)} as members
            on members.customer_id = outgoing.customer_id and {use_sql("members", audience)}
        left join copy.act_contact_points as contacts on contacts.customer_id = outgoing.customer_id
        left join suppressions on suppressions.customer_id = outgoing.customer_id
        left join state on state.customer_id = outgoing.customer_id
        order by outgoing.customer_id asc nulls last
        """,
        {"action": action, "searched": SEARCHED, "key": key},
    )
    try:
        for rows in pieces(relation, size):
            yield [_member(row, fields, properties) for row in rows]
    finally:
        connection.unregister("planned")


def pieces(relation: duckdb.DuckDBPyRelation, size: int) -> Iterator[list[dict[str, Any]]]:
    """The rows of a query in lists of ``size``; only the last is shorter, and none is empty."""
    waiting: list[dict[str, Any]] = []
    for chunk in relation.to_arrow_reader(size):
        for row in chunk.to_pylist():
            waiting.append(row)
            if len(waiting) == size:
                yield waiting
                waiting = []
    if waiting:
        yield waiting


def _member(row: Mapping[str, Any], fields: tuple[str, ...], properties: list[str]) -> Member:
    return Member(
        customer_id=row["customer_id"],
        contact=Contact(**{name: row[f"contact_{name}"] for name in fields}),
        properties={name: scalar(row[f"property_{name}"]) for name in properties},
        fingerprint=row["fingerprint"],
        remote_id=row["remote_id"],
        reason=row["reason"],
        evidence=Evidence(**{name: row[name] for name in EVIDENCE}),
    )
