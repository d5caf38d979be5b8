"""What the warehouse wants: reads the activation copy (audiences, contact points, suppressions), read-only.

``aud_<name>`` holds one row per customer and use (a channel and a purpose that one of its destinations needs): its
own columns are the properties to send, five more say which consent the row stands on. From the rows of a destination's
use ``candidates`` makes one row per customer with

- ``identity``: a keyed hash of the contact points by which the destination knows people,
- ``content``: a keyed hash of all else that is sent; together they are the fingerprint. The key stays in the home
  folder, so a fingerprint in the ledger says nothing about an e-mail address,
- ``exclusion``: why this customer must not be sent (suppressed, in an audience of a higher rank, held out, without
  identifier) or not yet (waiting for a turn),
- ``own_arm``, ``global_arm`` (holdouts.py), and ``is_measured``: whether nothing but these can keep them unsent.

Suppression was joined by the audience's own model; it is subtracted here a second time, since a person who withdrew
must not depend on one join. All of it is SQL over columns, as audiences hold millions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from activation.destination import CONTACT_POINTS, GLOBAL_CONTROL, IDENTIFYING, Audience, Destination
from activation.holdouts import HOLDOUT, arm_sql, threshold

USE = ("consent_channel", "consent_purpose")
EVIDENCE = ("consent_evidence_id", "consent_policy_version", "consent_as_of")


class UnknownAudience(LookupError):
    """The activation copy has no such audience, or it does not go to that destination."""


@dataclass(frozen=True)
class Copy:
    """An open activation copy. ``connection`` is an in-memory database with the copy attached as ``copy``."""

    connection: duckdb.DuckDBPyConnection
    build_id: str
    as_of: datetime | None
    built_at: datetime | None = None

    def audiences(self, name: str | None = None) -> list[Audience]:
        """Every audience, or the one of this name (with or without ``aud_``), once per destination.

        A name is the model's without ``aud_``, here, in the ledger and in holdouts. Raises UnknownAudience.
        """
        names = (
            "audience", "description", "purpose", "channel", "destination", "mode", "holdout", "max_removal_share",
            "owner", "priority_list", "priority_rank", "is_capped",
        )  # fmt: skip
        found = self.connection.execute(
            f"select {', '.join(names)} from copy.audiences "
            "order by audience asc nulls last, destination asc nulls last"
        )
        known = [
            Audience(
                name=row[0].removeprefix("aud_"),
                description=row[1] or "",
                purpose=row[2],
                channel=row[3],
                destination=row[4],
                mode=row[5] or "mirror",
                holdout=float(row[6] or 0),
                max_removal_share=float(0.2 if row[7] is None else row[7]),
                owner=row[8] or "",
                priority_list=row[9],
                priority_rank=row[10],
                is_capped=row[11] is not False,
            )
            for row in found.fetchall()
        ]
        chosen = [audience for audience in known if name is None or audience.name == name.removeprefix("aud_")]
        if name is not None and not chosen:
            raise UnknownAudience(
                f"No audience {name!r}; known are: {', '.join(sorted({one.name for one in known})) or 'none'}"
            )
        return chosen

    def audience(self, name: str, destination: str) -> Audience:
        """An audience on its way to one destination. Raises UnknownAudience."""
        routes = {audience.destination: audience for audience in self.audiences(name)}
        if destination not in routes:
            raise UnknownAudience(f"{name} does not go to {destination}; it goes to: {', '.join(routes)}")
        return routes[destination]

    def properties(self, audience: Audience, destination: Destination) -> list[str]:
        """The columns of the audience that are sent as properties; none to a destination that takes none."""
        if not destination.TAKES_PROPERTIES:
            return []
        found = self.connection.execute(f"describe copy.{table_of(audience)}").fetchall()
        return [row[0] for row in found if row[0] not in ("customer_id", *USE, *EVIDENCE)]

    def candidates(self, audience: Audience, destination: Destination, key: str, global_control: float = 0.0) -> None:
        """Make table ``candidates``, one row per customer.

        Needs ``suppressions``, ``arms`` (holdouts.py), ``state`` (state.py), ``outranked`` and ``waiting`` (turns.py).
        """
        own_arm = arm_sql("arms.own_arm", "$audience", "members.customer_id", "$threshold")
        global_arm = arm_sql("arms.global_arm", "$global", "members.customer_id", "$global_threshold")
        identifiers = identifiers_of(destination, audience)
        contact = (*identifiers, *contact_fields_of(destination, audience))
        properties = [f"{_quote(name)}: members.{_quote(name)}" for name in self.properties(audience, destination)]
        self.connection.execute(
            f"""
            create or replace temp table candidates as
            with sent as (
                select
                    members.customer_id,
                    coalesce({", ".join(known(name) for name in identifiers)}) is not null as is_known,
                    {identity_sql(destination, audience)} as identity,
                    {keyed_hash([*(pair(name) for name in contact), *properties])} as content,
                    case when $share > 0 then {own_arm} end as own_arm,
                    case when $share > 0 and $global_share > 0 then {global_arm} end as global_arm,
                    suppressions.reason as suppression_reason,
                    outranked.by_audience as outranked_by,
                    case when not coalesce(state.is_member, false) then waiting.reason end as waiting_reason,
                    coalesce(members.consent_as_of, $as_of)::timestamp as assigned_at
                from copy.{table_of(audience)} as members
                left join copy.act_contact_points as contacts on contacts.customer_id = members.customer_id
                left join suppressions on suppressions.customer_id = members.customer_id
                left join arms on arms.customer_id = members.customer_id
                left join outranked on outranked.customer_id = members.customer_id
                left join waiting on waiting.customer_id = members.customer_id
                left join state on state.customer_id = members.customer_id
                where {use_sql("members", audience)}
            )
            select
                customer_id,
                identity,
                content,
                own_arm,
                global_arm,
                assigned_at,
                is_known
                and suppression_reason is null
                and outranked_by is null
                and waiting_reason is null as is_measured,
                case
                    when suppression_reason is not null then 'suppressed:' || suppression_reason
                    when outranked_by is not null then 'outranked:' || outranked_by
                    when global_arm = $holdout then $global
                    when own_arm = $holdout then 'held_out'
                    when not is_known then 'without_identifier'
                    when waiting_reason is not null then 'waiting:' || waiting_reason
                end as exclusion
            from sent
            """,
            {
                "key": key,
                "audience": audience.name,
                "share": audience.holdout,
                "threshold": threshold(audience.holdout),
                "global": GLOBAL_CONTROL,
                "global_share": global_control,
                "global_threshold": threshold(global_control),
                "holdout": HOLDOUT,
                "as_of": self.as_of or self.built_at,
            },
        )

    def suppressions(self, channel: str, purpose: str) -> None:
        """Make table ``suppressions``: customer_id, reason, evidence of who is blocked for this use."""
        self.connection.execute(
            """
            create or replace temp table suppressions as
            select
                customer_id,
                min(suppression_reason) as reason,
                arg_min(evidence_id, suppression_reason) as consent_evidence_id,
                arg_min(suppressed_at, suppression_reason) as consent_as_of
            from copy.act_suppressions
            where channel in (?, 'all') and purpose in (?, 'all')
            group by customer_id
            """,
            [channel, purpose],
        )


@contextmanager
def open_copy(path: Path) -> Iterator[Copy]:
    """Open the activation copy. Raises FileNotFoundError when nothing was published yet."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path.name}: no green build was published yet")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as copy (read_only)")
        found = connection.execute("select build_id, as_of, built_at from copy.build").fetchone()
        if found is None:
            raise ValueError(f"{path.name} names no build")
        yield Copy(connection, str(found[0]), found[1], found[2])


def identifiers_of(destination: Destination, audience: Audience) -> tuple[str, ...]:
    """The contact points by which the destination knows people in this channel. Raises ValueError for a channel."""
    found = destination.IDENTIFIERS.get(audience.channel) or destination.IDENTIFIERS.get("all")
    if not found or not set(found) <= set(IDENTIFYING):
        raise ValueError(f"audience {audience.name}: the destination has no identifiers for channel {audience.channel}")
    return found


def contact_fields_of(destination: Destination, audience: Audience) -> tuple[str, ...]:
    """What else of the contact points is sent in this channel."""
    found = destination.CONTACT_FIELDS.get(audience.channel) or destination.CONTACT_FIELDS.get("all") or ()
    if not set(found) <= set(CONTACT_POINTS):
        raise ValueError(f"unknown contact fields: {', '.join(sorted(set(found) - set(CONTACT_POINTS)))}")
    return found


def identity_sql(destination: Destination, audience: Audience) -> str:
    """The keyed hash of a customer's identifiers, from ``contacts`` and ``$key``."""
    return keyed_hash([pair(name) for name in identifiers_of(destination, audience)])


def table_of(audience: Audience) -> str:
    return _quote(f"aud_{audience.name}")


def use_sql(members: str, audience: Audience) -> str:
    """True for the audience's rows that stand on the consent which this destination needs."""
    return consent_sql(members, audience.channel, audience.purpose)


def consent_sql(rows: str, channel: str, purpose: str) -> str:
    """True for the rows that stand on consent to this use."""
    wanted = dict(zip(USE, (channel, purpose), strict=True))
    return " and ".join(f"{rows}.{name} = {_text(value)}" for name, value in wanted.items())


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def known(contact_point: str) -> str:
    return f"nullif(trim(contacts.{contact_point}), '')"


def pair(contact_point: str) -> str:
    return f"{contact_point}: {known(contact_point)}"


def keyed_hash(pairs: list[str]) -> str:
    """Sixteen hex digits (64 bits) over names and values as JSON, where a missing value is not an empty one."""
    return f"substr(sha256($key || to_json({{{', '.join(pairs)}}})), 1, 16)"


def scalar(value: Any) -> Any:
    """A property as JSON takes it: times as ISO text in UTC; decimals stay decimals, to be written exactly."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") + "Z"
    return value.isoformat() if hasattr(value, "isoformat") else value
