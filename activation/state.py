"""What a destination was told, as SQL over its ledger: one row per customer of an audience.

Tables in the in-memory database: ``state`` (is_member, fingerprint, remote_id of the latest acknowledged row, and how
often the same request was rejected since) and ``uncertain`` (customers of batches of which nobody knows whether they
arrived, with the identifiers under which they may have; an answer recorded later ends that).
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from activation.ledger import Ledger

_STATE = """
create or replace temp table state as
with rows as (
    select * from ledger_rows where audience = $audience
),
latest as (
    select
        customer_id,
        max(recorded_at) as recorded_at,
        arg_max({'action': action, 'fingerprint': fingerprint, 'remote_id': remote_id}, recorded_at) as told
    from rows
    where status <> 'rejected'
    group by customer_id
),
unanswered as (
    select
        rows.customer_id,
        rows.action,
        rows.fingerprint,
        rows.recorded_at
    from rows
    left join latest on latest.customer_id = rows.customer_id
    where rows.status = 'rejected' and rows.recorded_at > coalesce(latest.recorded_at, timestamp '0001-01-01')
),
asked as (
    select
        customer_id,
        arg_max({'action': action, 'fingerprint': fingerprint}, recorded_at) as asked
    from unanswered
    group by customer_id
),
refused as (
    select
        asked.customer_id,
        asked.asked,
        count(*) as rejections
    from asked
    inner join unanswered
        on unanswered.customer_id = asked.customer_id
        and unanswered.action = asked.asked.action
        and unanswered.fingerprint is not distinct from asked.asked.fingerprint
    group by asked.customer_id, asked.asked
)
select
    coalesce(latest.customer_id, refused.customer_id) as customer_id,
    coalesce(latest.told.action in ('add', 'update'), false) as is_member,
    latest.told.fingerprint as fingerprint,
    split_part(latest.told.fingerprint, '-', 1) as identity,
    latest.told.remote_id as remote_id,
    latest.recorded_at,
    coalesce(refused.rejections, 0) as rejections,
    refused.asked
from latest
full join refused on refused.customer_id = latest.customer_id
"""

_UNCERTAIN = """
create or replace temp table uncertain as
select distinct
    uncertain_rows.customer_id,
    split_part(uncertain_rows.fingerprint, '-', 1) as identity
from uncertain_rows
left join state on state.customer_id = uncertain_rows.customer_id
where state.recorded_at is null or state.recorded_at < uncertain_rows.noted_at
"""


def member_count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many members the destination was told of and acknowledged; needs table ``state``."""
    found = connection.execute("select count(*) from state where is_member").fetchone()
    return int(found[0]) if found else 0


def read_state(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, audience: str, uncertain: Iterable[pa.Table] = ()
) -> None:
    """Make tables ``state`` and ``uncertain`` from the ledger and the batches under way."""
    ledger_rows = ledger.rows(connection)  # noqa: F841  (DuckDB finds it by its name)
    connection.execute(_STATE, {"audience": audience})
    fields = [("customer_id", pa.string()), ("fingerprint", pa.string()), ("noted_at", pa.timestamp("us"))]
    connection.register("uncertain_rows", pa.concat_tables([pa.schema(fields).empty_table(), *uncertain]))
    connection.execute(_UNCERTAIN)
    connection.unregister("uncertain_rows")
