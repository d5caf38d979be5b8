"""Which events are to be sent: the copy's conversions without what the ledger has, as SQL over columns.

``act_conversions`` holds one row per event and use (a channel and a purpose) that its customer agreed to. ``compare``
makes table ``compared``, one row per event that was not told yet, with ``reason`` where it is not sent now. An event is
told once: later changes of its order are told as refunds, if at all. A refund is told only where its purchase was, or
is in the same plan; else it would take from the platform's figures what was never in them.

Suppressions were subtracted by the feed's own model; they are subtracted here a second time, as for audiences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from activation.audience import EVIDENCE, Copy, consent_sql, keyed_hash, known, pair
from activation.conversion import CLICK_IDS, SOURCES, Conversions, Event, Kind, Source
from activation.destination import CONVERSIONS, IDENTIFYING, Contact, Evidence
from activation.diff import MAX_REJECTIONS
from activation.event_plans import EVENT_SCHEMA, EventPlan
from activation.ledger import Ledger
from activation.members import pieces

EXPIRED, SUPPRESSED = "expired: ", "suppressed: "
_CONTENT = ("event_id", "conversion_kind", "action_source", "occurred_at", "value_amount", "currency_code")


@dataclass(frozen=True)
class Feed:
    """The way of the conversions to one destination: the consent that they need there."""

    destination: str
    channel: str
    purpose: str


def feeds(copy: Copy) -> list[Feed]:
    """Every destination that the copy's conversions go to; none in a copy that has no conversions."""
    tables = copy.connection.execute(
        "select count(*) from duckdb_tables() where database_name = 'copy' and table_name = 'conversion_routes'"
    ).fetchone()
    if not tables or not tables[0]:
        return []
    found = copy.connection.execute(
        "select destination, channel, purpose from copy.conversion_routes order by destination asc nulls last"
    )
    return [Feed(*row) for row in found.fetchall()]


def feed(copy: Copy, destination: str) -> Feed:
    """The way to one destination. Raises LookupError."""
    found = {one.destination: one for one in feeds(copy)}
    if destination not in found:
        raise LookupError(f"Conversions do not go to {destination}; they go to: {', '.join(found) or 'nowhere'}")
    return found[destination]


def compare(
    copy: Copy,
    ledger: Ledger,
    to: Feed,
    takes: Conversions,
    places: Mapping[Source, bool],
    moment: datetime,
    key: str,
) -> None:
    """Make tables ``told`` and ``compared`` (event_id, kind, source, fingerprint, is_late, rejections, reason).

    ``places``: whether the destination's settings say where events of a source go. ``moment``: now, in data time.
    """
    connection = copy.connection
    ledger_rows = ledger.rows(connection)  # noqa: F841  (DuckDB finds it by its name)
    connection.execute(
        """
        create or replace temp table told as
        select event_id, fingerprint, bool_or(status <> 'rejected') as is_told, count(*) as answers
        from ledger_rows
        where audience = $feed and event_id is not null
        group by event_id, fingerprint
        """,
        {"feed": CONVERSIONS},
    )
    identifiers = [known(name) if name in IDENTIFYING else f"conversions.{name}" for name in takes.IDENTIFIERS]
    # Most of a shop's orders are too old: their hash is not needed, and it is what takes time here.
    content = keyed_hash([*(f"{name}: conversions.{name}" for name in _CONTENT), *map(pair, _contact(takes))])
    days = takes.MAX_AGE.days
    connection.execute(
        f"""
        create or replace temp table compared as
        with waiting as (
            select
                conversions.*,
                coalesce({", ".join(identifiers)}) is not null as is_known,
                case when conversions.occurred_at >= $oldest then {content} end as fingerprint,
                suppressions.reason as suppression_reason
            from copy.act_conversions as conversions
            left join copy.act_contact_points as contacts on contacts.customer_id = conversions.customer_id
            left join suppressions on suppressions.customer_id = conversions.customer_id
            where
                {consent_sql("conversions", to.channel, to.purpose)}
                and not exists (select 1 from told where told.is_told and told.event_id = conversions.event_id)
        ),
        judged as (
            select
                waiting.event_id,
                waiting.purchase_event_id,
                waiting.conversion_kind as kind,
                waiting.action_source as source,
                waiting.fingerprint,
                waiting.occurred_at < $known_since as is_late,
                coalesce(told.answers, 0) as rejections,
                case
                    when suppression_reason is not null then $suppressed || suppression_reason
                    when not list_contains($kinds, conversion_kind)
                        then 'the platform takes no ' || conversion_kind || 's'
                    when not list_contains($sources, action_source)
                        then 'no setting says where events of the ' || action_source || ' go'
                    when occurred_at < $oldest then $expired || 'older than {days} days'
                    when value_amount is null or currency_code is null then 'no value in the reporting currency'
                    when occurred_at is null then 'no time'
                    when not is_known then 'nothing by which the platform knows the customer'
                    when told.answers >= $rejections then $expired || 'rejected {MAX_REJECTIONS} times'
                end as reason
            from waiting
            left join told on told.event_id = waiting.event_id and told.fingerprint = waiting.fingerprint
        )
        select
            judged.* exclude (purchase_event_id, reason),
            case
                when
                    judged.reason is null and judged.kind = 'refund'
                    and not exists (
                        select 1 from told where told.is_told and told.event_id = judged.purchase_event_id
                    )
                    and not exists (
                        select 1 from judged as purchases
                        where purchases.event_id = judged.purchase_event_id and purchases.reason is null
                    )
                    then 'the purchase was not told'
                else judged.reason
            end as reason
        from judged
        """,
        {
            "key": key,
            "kinds": list(takes.KINDS),
            "sources": [source for source in SOURCES if places.get(source)],
            "oldest": moment - takes.MAX_AGE,
            "known_since": datetime.min if takes.KNOWN_FOR is None else moment - takes.KNOWN_FOR,  # noqa: DTZ901
            "rejections": MAX_REJECTIONS,
            "expired": EXPIRED,
            "suppressed": SUPPRESSED,
        },
    )


def counted(copy: Copy) -> tuple[dict[str, int], dict[str, int], pa.Table]:
    """Counts, reason -> events left out, and the events to send, of tables ``told`` and ``compared``."""
    connection = copy.connection
    sent = "reason is null"
    names = {
        "purchases": f"{sent} and kind = 'purchase'",
        "refunds": f"{sent} and kind = 'refund'",
        "retried": f"{sent} and rejections > 0",
        "late": f"{sent} and kind = 'purchase' and is_late",
        "suppressed": f"starts_with(reason, '{SUPPRESSED}')",
        "expired": f"starts_with(reason, '{EXPIRED}')",
    }
    columns = ", ".join(f"count(*) filter (where {rule}) as {name}" for name, rule in names.items())
    row = connection.execute(
        f"select (select count(distinct event_id) from told where is_told) as told, {columns} from compared"
    ).fetchone()
    reasons = connection.execute(
        "select reason, count(*) from compared where reason is not null group by reason order by reason asc nulls last"
    ).fetchall()
    events = connection.execute(
        "select event_id, kind, source, fingerprint from compared where reason is null "
        "order by kind asc nulls last, source asc nulls last, event_id asc nulls last"
    ).to_arrow_table()
    return dict(zip(("told", *names), row or (), strict=True)), dict(reasons), events.cast(EVENT_SCHEMA)


def batches(
    copy: Copy, ledger: Ledger, plan: EventPlan, to: Feed, takes: Conversions, kind: Kind, source: Source
) -> Iterator[list[Event]]:
    """The plan's events of one kind and source, oldest first, in batches of the vendor's cap.

    Left out are those that this very plan has in the ledger already, and refunds whose purchase was not taken after
    all: they come back with it.
    """
    connection = copy.connection
    connection.register("planned", plan.events)
    ledger_rows = ledger.rows(connection)  # noqa: F841  (DuckDB finds it by its name)
    fields = _contact(takes)
    click_id = next((name for name in takes.IDENTIFIERS if name in CLICK_IDS), None)
    relation = connection.execute(
        f"""
        with answers as (
            select event_id, status, plan_id from ledger_rows where audience = $feed and event_id is not null
        )
        select
            planned.fingerprint,
            conversions.*,
            {f"conversions.{click_id}" if click_id else "null"} as click_id,
            {f"conversions.{click_id}_at" if click_id else "null::timestamp"} as clicked_at
            {"".join(f", {known(name)} as contact_{name}" for name in fields)}
        from planned
        inner join copy.act_conversions as conversions
            on conversions.event_id = planned.event_id and {consent_sql("conversions", to.channel, to.purpose)}
        left join copy.act_contact_points as contacts on contacts.customer_id = conversions.customer_id
        where
            planned.kind = $kind
            and planned.source = $source
            and not exists (
                select 1 from answers where answers.event_id = planned.event_id and answers.plan_id = $plan_id
            )
            and (
                planned.kind = 'purchase'
                or exists (
                    select 1 from answers
                    where answers.event_id = conversions.purchase_event_id and answers.status <> 'rejected'
                )
            )
        order by conversions.occurred_at asc nulls last, conversions.event_id asc nulls last
        """,
        {"feed": CONVERSIONS, "kind": kind, "source": source, "plan_id": plan.plan_id},
    )
    try:
        for rows in pieces(relation, takes.BATCH_SIZE):
            yield [_event(row, fields) for row in rows]
    finally:
        connection.unregister("planned")


def _contact(takes: Conversions) -> list[str]:
    """The contact points that are sent."""
    return [*(name for name in takes.IDENTIFIERS if name in IDENTIFYING), *takes.CONTACT_FIELDS]


def _event(row: Mapping[str, Any], fields: list[str]) -> Event:
    return Event(
        event_id=row["event_id"],
        purchase_event_id=row["purchase_event_id"],
        customer_id=row["customer_id"],
        kind=row["conversion_kind"],
        source=row["action_source"],
        occurred_at=row["occurred_at"],
        value=row["value_amount"],
        currency=row["currency_code"],
        contact=Contact(**{name: row[f"contact_{name}"] for name in fields}),
        click_id=row["click_id"],
        clicked_at=row["clicked_at"],
        store_id=row["store_id"],
        page_host=row["page_host"],
        user_agent=row["user_agent"],
        fingerprint=row["fingerprint"],
        evidence=Evidence(**{name: row[name] for name in EVIDENCE}),
    )
