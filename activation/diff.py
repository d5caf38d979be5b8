"""The change that a sync has to make: what is wanted, beside what the destination acknowledged, as SQL over columns.

Tables in the in-memory database: ``candidates`` and ``suppressions`` (audience.py), ``state`` and ``uncertain``
(state.py), and ``actions``, the result. The rules:

- wanted and not a member: add. A member whose content changed, or who is uncertain: update.
- a member whose identifier changed: one update, which removes the old one before it adds the new one (sending.py).
- a member who was told so long ago that the platform will soon end the membership: update.
- a member, or an uncertain customer, who is not wanted: remove, with the reason. An uncertain customer of whom more
  than one identifier may have arrived is searched for over there by customer id (an empty fingerprint says so).
- two wanted customers with one identifier are one person to the destination: the member stays, else the lowest id.
- a removal that takes away the remote person of someone who stays is followed by an update of the one who stays
  (same remote id, or same identifier).
- mode upsert removes nobody but the suppressed. Mode update_only moreover creates nobody over there: it updates
  acknowledged members under the identifier that they have, and leaves alone who is new or has another one now.
- a row rejected in the last run is still not acknowledged, so it comes back by itself; after MAX_REJECTIONS answers
  to the very same content it waits until the content changes. Removals never give up.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

MAX_REJECTIONS = 5

_ACTIONS = """
create or replace temp table actions as
with eligible as (
    select
        candidates.customer_id,
        candidates.identity,
        candidates.identity || '-' || candidates.content as fingerprint,
        row_number() over (
            partition by candidates.identity
            order by
                coalesce(state.is_member and state.identity = candidates.identity, false) desc nulls last,
                candidates.customer_id asc nulls last
        ) as place
    from candidates
    left join state on state.customer_id = candidates.customer_id
    where candidates.exclusion is null
),
wanted as (
    select * from eligible where place = 1
),
maybe as (
    -- under which identifiers the destination may hold an uncertain customer
    select
        customer_id,
        min(identity) as identity,
        count(distinct identity) as identities
    from (
        select customer_id, identity from uncertain
        union all
        select uncertain.customer_id, state.identity
        from uncertain
        inner join state on state.customer_id = uncertain.customer_id and state.is_member
    )
    group by customer_id
),
known as (
    select
        coalesce(state.customer_id, maybe.customer_id) as customer_id,
        coalesce(state.is_member, false) as is_member,
        maybe.customer_id is not null as is_uncertain,
        coalesce(maybe.identities, 1) > 1 as is_mixed,
        case
            when maybe.identities > 1 then ''
            else coalesce(state.fingerprint, maybe.identity || '-')
        end as fingerprint,
        coalesce(maybe.identity, state.identity) as identity,
        state.remote_id,
        coalesce(state.rejections, 0) as rejections,
        state.asked,
        coalesce(state.is_member and state.recorded_at < $resend_before, false) as is_due
    from state
    full join maybe on maybe.customer_id = state.customer_id
),
compared as (
    select
        coalesce(wanted.customer_id, known.customer_id) as customer_id,
        wanted.fingerprint as new_fingerprint,
        known.fingerprint as old_fingerprint,
        known.remote_id,
        coalesce(known.identity, wanted.identity) as identity,
        coalesce(known.rejections, 0) as rejections,
        known.asked,
        coalesce(known.is_member, false) as is_member,
        case
            when wanted.customer_id is null and (known.is_member or known.is_uncertain) then 'remove'
            when wanted.customer_id is null then null
            when
                $is_update_only
                and (not coalesce(known.is_member, false) or known.is_mixed or known.identity <> wanted.identity)
                then null
            when known.is_uncertain and (known.is_mixed or known.identity <> wanted.identity) then 'search'
            when not coalesce(known.is_member, false) then 'add'
            when known.identity <> wanted.identity then 'move'
            when
                known.fingerprint <> wanted.fingerprint
                or known.is_uncertain
                or known.rejections > 0
                or known.is_due
                or $resend
                then 'update'
            else 'keep'
        end as change
    from wanted
    full join known on known.customer_id = wanted.customer_id
),
reasoned as (
    select
        compared.*,
        case
            when compared.change <> 'remove' then null
            when suppressions.reason is not null then 'suppressed:' || suppressions.reason
            when candidates.exclusion is not null then candidates.exclusion
            when eligible.customer_id is not null then 'shared_identifier'
            else 'left'
        end as removal_reason
    from compared
    left join suppressions on suppressions.customer_id = compared.customer_id
    left join candidates on candidates.customer_id = compared.customer_id
    left join eligible on eligible.customer_id = compared.customer_id
),
gone as (
    select remote_id as mark from reasoned where change in ('remove', 'move', 'search')
    union
    select identity from reasoned where change in ('remove', 'move', 'search')
    union
    select candidates.identity
    from candidates
    inner join reasoned on reasoned.customer_id = candidates.customer_id and reasoned.change = 'remove'
),
steps as (
    select
        reasoned.*,
        'remove' as action,
        old_fingerprint as fingerprint,
        removal_reason as reason
    from reasoned
    where change = 'remove'
    union all
    select
        reasoned.*,
        'add' as action,
        new_fingerprint as fingerprint,
        null as reason
    from reasoned
    where change = 'add'
    union all
    select
        reasoned.*,
        'update' as action,
        new_fingerprint as fingerprint,
        case change
            when 'move' then 'identifier_changed'
            when 'search' then 'identifier_uncertain'
            when 'keep' then 'shared_remote'
        end as reason
    from reasoned
    where
        change in ('update', 'move', 'search')
        or (
            change = 'keep'
            and (
                remote_id in (select gone.mark from gone where gone.mark is not null)
                or identity in (select gone.mark from gone where gone.mark is not null)
            )
        )
)
select
    *,
    rejections > 0 as is_retry,
    action <> 'remove'
    and rejections >= $max_rejections
    and asked.action = action
    and asked.fingerprint = fingerprint as is_expired
from steps
where $is_mirror or action <> 'remove' or not is_member or reason like 'suppressed:%'
"""

_COUNTS = """
with members as (
    select count(*) as members from state where is_member
),
doubtful as (
    select count(distinct customer_id) as uncertain from uncertain
),
considered as (
    select
        count(*) as in_audience,
        count(*) filter (where exclusion in ('held_out', 'global_control')) as held_out,
        count(*) filter (where exclusion like 'outranked:%') as outranked,
        count(*) filter (where exclusion like 'waiting:%') as waiting,
        count(*) filter (where exclusion = 'without_identifier') as without_identifier,
        count(*) filter (where exclusion is null)
        - count(distinct identity) filter (where exclusion is null) as shared_identifier,
        count(*) filter (where exclusion like 'suppressed:%') as suppressed
    from candidates
),
changes as (
    select
        count(*) filter (
            where action = 'remove' and reason like 'suppressed:%' and candidates.customer_id is null
        ) as suppressed_outside,
        count(*) filter (where action = 'add' and not is_expired) as adds,
        count(*) filter (where action = 'update' and not is_expired) as updates,
        count(*) filter (where action = 'remove') as removals,
        count(*) filter (where change in ('move', 'search') and not is_expired) as moves,
        count(*) filter (where action = 'remove' and is_member) as members_removed,
        count(*) filter (where is_retry and not is_expired) as retried,
        count(*) filter (where is_expired) as expired
    from actions
    left join candidates on candidates.customer_id = actions.customer_id
)
select
    members,
    in_audience,
    held_out,
    outranked,
    waiting,
    without_identifier,
    shared_identifier,
    suppressed + suppressed_outside as suppressed,
    adds,
    updates,
    removals,
    moves,
    members_removed,
    retried,
    expired,
    uncertain
from members, doubtful, considered, changes
"""


def compare(
    connection: duckdb.DuckDBPyConnection, mode: str, resend: bool = False, resend_before: datetime | None = None
) -> dict[str, int]:
    """Make table ``actions`` and count it. ``resend`` tells every member again (heals what others changed there),
    ``resend_before`` (naive UTC) those who were last told before it.
    """
    given = {"resend": resend, "resend_before": resend_before, "max_rejections": MAX_REJECTIONS}
    modes = {"is_mirror": mode == "mirror", "is_update_only": mode == "update_only"}
    connection.execute(_ACTIONS, {**given, **modes})
    found = connection.execute(_COUNTS)
    names = [column[0] for column in found.description or ()]
    return dict(zip(names, map(int, found.fetchone() or ()), strict=True))


def actions(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """customer_id, action, fingerprint, reason: removals, moves, adds, updates; by customer."""
    return connection.execute(
        """
        select customer_id, action, coalesce(fingerprint, '') as fingerprint, reason
        from actions
        where not is_expired
        order by
            case
                when action = 'remove' then 1
                when change in ('move', 'search') then 2
                when action = 'add' then 3
                else 4
            end asc nulls last,
            customer_id asc nulls last
        """
    ).to_arrow_table()
