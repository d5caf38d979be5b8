"""Whose turn it is with a person: one audience of each priority list, and so many additions in seven days.

Tables that it makes, for audience.py: ``outranked`` (customer_id, by_audience) and ``waiting`` (customer_id, reason).

- Of the audiences of a list a person belongs to the one of the lowest rank in which they are eligible: in it, not
  suppressed, with an identifier, at any destination of the brand. Held out of it counts too: who heard from the next
  audience instead would measure nothing. This is read from the copy alone, so that all plans of a build agree.
- Nobody is added while another audience of the list holds them anywhere: they wait until its own sync removed them.
- Nobody is added who was added to capped audiences of the channel as often in the last seven days as the brand's
  ``weekly_caps`` allow, by the time of the data (an addition happened when its build's data ended).

Members stay, and wait for nothing. What others did is read from the ledgers of all destinations and from the batches
under way, which may have arrived; of merged customers as of the one who stays. Between that reading and our own record
nobody else may record: a sync that takes turns holds one lock for all destinations while it sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

import selvage
from activation import discovery
from activation.audience import Copy, identifiers_of, known, table_of, use_sql
from activation.destination import SEARCHED, Audience
from activation.ledger import all_rows
from activation.lock import destination_lock
from activation.pending import under_way

CAP = "weekly_cap"  # what the plan calls it; audiences give their names
CAP_DAYS = 7

_OUTRANKED = """
create or replace temp table outranked as
with eligible as (
    select
        null::varchar as customer_id,
        null::varchar as by_audience,
        0 as by_rank
    where false
    {eligible}
)
select
    customer_id,
    arg_min(by_audience, by_rank) as by_audience
from eligible
group by customer_id
"""
_ELIGIBLE = """
    union all
    select
        members.customer_id,
        $name_{number},
        {rank}
    from copy.{table} as members
    inner join copy.act_contact_points as contacts on contacts.customer_id = members.customer_id
    where
        {use}
        and coalesce({identifiers}) is not null
        and not exists (
            select 1
            from copy.act_suppressions as blocked
            where
                blocked.customer_id = members.customer_id
                and blocked.channel in ($channel_{number}, 'all')
                and blocked.purpose in ($purpose_{number}, 'all')
        )
"""
_WAITING = """
create or replace temp table waiting as
with told as (
    -- what is under way has no time of record yet, and may have arrived
    select
        every.*,
        every.destination || '/' || every.audience as route,
        coalesce(merged.current_customer_id, every.customer_id) as person
    from (
        select * from ledger_rows
        where status <> 'rejected'
        union all by name
        select * from under_way
        where destination <> $destination or audience <> $audience
    ) as every
    left join copy.act_merged_customers as merged on merged.customer_id = every.customer_id
),
held as (
    select
        min(person) as person,
        min(audience) as audience
    from told
    where route in (select unnest($others::varchar[]))
    group by route, customer_id
    having
        coalesce(arg_max(action, recorded_at) <> 'remove', false)
        or bool_or(recorded_at is null and action <> 'remove')
),
added as (
    select person
    from told
    where
        route in (select unnest($capped::varchar[]))
        and (action = 'add' or reason = $searched)
        and coalesce(consent_as_of, recorded_at, $as_of) > $as_of::timestamp - to_days($days)
    group by person
    having count(distinct (batch_id, customer_id)) >= $cap -- a batch may stand in two files
)
select
    coalesce(held.person, added.person) as customer_id,
    coalesce(min(held.audience), $cap_reason) as reason
from held
full join added on added.person = held.person
group by coalesce(held.person, added.person)
"""


@dataclass(frozen=True)
class Turns:
    """One audience on its way to one destination, among the others of its list and its channel."""

    settings: selvage.Settings
    audience: Audience
    everything: tuple[Audience, ...]
    """All audiences of the copy, once per destination."""
    is_adding: bool = True
    """Whether anybody may be added: who only leaves or stays takes no turn."""

    def __post_init__(self) -> None:
        check_lists(self.everything)

    @property
    def cap(self) -> int | None:
        """Additions in seven days; None where nobody counts them."""
        return self.settings.brand.weekly_caps.get(self.audience.channel) if self.audience.is_capped else None

    @property
    def are_taken(self) -> bool:
        """Whether this audience takes turns at all."""
        return self.is_adding and (self.cap is not None or self.audience.priority_list is not None)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the one lock of all who take turns, while sending. Raises DestinationBusy."""
        if not self.are_taken:
            yield
            return
        holder = f"sending {self.audience.name} to {self.audience.destination}"
        with destination_lock(self.settings.work / "locks" / "turns.lock", holder):
            yield

    def read(self, copy: Copy) -> None:
        """Make both tables; empty ones for an audience that takes no turns."""
        self.read_outranked(copy)
        self.read_waiting(copy)

    def read_outranked(self, copy: Copy) -> None:
        own_rank = self.audience.priority_rank or 0
        higher = [one for one in self._others() if (one.priority_rank or 0) < own_rank]
        eligible, given = "", dict[str, str]()
        for number, one in enumerate(higher):
            given |= {f"{word}_{number}": getattr(one, word) for word in ("name", "channel", "purpose")}
            identifiers = identifiers_of(discovery.find(one.destination), one)
            eligible += _ELIGIBLE.format(
                number=number,
                rank=one.priority_rank,
                table=table_of(one),
                use=use_sql("members", one),
                identifiers=", ".join(known(name) for name in identifiers),
            )
        copy.connection.execute(_OUTRANKED.format(eligible=eligible), given)

    def read_waiting(self, copy: Copy) -> None:
        if not self.are_taken:
            copy.connection.execute("create or replace temp table waiting (customer_id varchar, reason varchar)")
            return
        own = self.audience
        capped = [
            one for one in self._of_brand() if self.cap is not None and one.is_capped and one.channel == own.channel
        ]
        unanswered = under_way(self.settings.work, self.settings.ledger)  # first: what is answered now is read next
        ledger_rows = all_rows(self.settings.ledger, copy.connection)  # noqa: F841  (DuckDB finds it by its name)
        copy.connection.register("under_way", unanswered)
        copy.connection.execute(
            _WAITING,
            {
                "destination": own.destination,
                "audience": own.name,
                "others": [_route(one) for one in self._others()],
                "capped": [_route(one) for one in capped],
                "cap": self.cap or 0,
                "cap_reason": CAP,
                "days": CAP_DAYS,
                "searched": SEARCHED,
                "as_of": copy.as_of or copy.built_at,
            },
        )
        copy.connection.unregister("under_way")

    def _of_brand(self) -> Iterator[Audience]:
        """Only routes that are synced: what lies where nobody removes it any more must keep nobody waiting."""
        has = self.settings.brand.has_destination
        return (one for one in self.everything if has(one.destination))

    def _others(self) -> list[Audience]:
        own = self.audience
        if own.priority_list is None:
            return []
        return [one for one in self._of_brand() if one.priority_list == own.priority_list and one.name != own.name]


def left_out(connection: duckdb.DuckDBPyConnection, actions: pa.Table) -> int:
    """How many additions of a plan were not sent since somebody else had the turn. Needs ``waiting`` and ``state``."""
    connection.register("planned", actions)
    found = connection.execute(
        """
        select count(*)
        from planned
        semi join waiting on waiting.customer_id = planned.customer_id
        anti join (select * from state where is_member) as there on there.customer_id = planned.customer_id
        where planned.action = 'add'
        """
    ).fetchone()
    connection.unregister("planned")
    return int(found[0]) if found else 0


def place(brand: selvage.Brand, priority_list: str | None, rank: int | None) -> tuple[int, int]:
    """The order in which audiences are synced in a run: lists as the brand names them, then all others.

    Within a list from the last rank to the first: who moves up was then removed below by the same run. Who moves down
    comes in by the next one.
    """
    lists = brand.priority_lists
    return lists.index(priority_list) if priority_list in lists else len(lists), -(rank or 0)


def check_lists(audiences: Iterable[Audience]) -> None:
    """Raises ValueError where two audiences of a list have the same rank: nobody could say who comes first."""
    taken: dict[tuple[str, int | None], str] = {}
    for one in audiences:
        if one.priority_list is not None:
            other = taken.setdefault((one.priority_list, one.priority_rank), one.name)
            if other != one.name:
                raise ValueError(
                    f"audience {one.name}: priority rank {one.priority_rank} of list {one.priority_list} is "
                    f"{other}'s already; give each audience of a list a rank of its own in _audiences.yml"
                )


def _route(audience: Audience) -> str:
    return f"{audience.destination}/{audience.name}"
