"""Who is held out, and the history of it: an arm per audience and customer, given once and kept.

An arm is drawn by a hash of the audience's name (the salt) and the customer's stable id, so it survives growth,
shrinkage, rebuilds and a lost ledger. Once a sync has acted on it, it is written down, and what is written wins over
the hash: a share that is changed later is for those who come later. A share of 0 ends the holdout for everybody.

A brand's ``global_control`` is the share of all customers who are held out of every audience that holds anybody out. A
list that reaches nobody by itself (to exclude people, to find others like them) holds out nobody and knows no global
control group either: taking somebody off such a list would show them more ads, not fewer.

The history is append-only Parquet, ``ledger/<destination>/arms/<plan_id>.parquet``, made before anything of the plan is
sent. A customer's arm is the one that any destination wrote first. Whose consent, suppressions or contact points keep
them from being sent has no arm, in either group, so that the groups can be compared.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from activation.destination import GLOBAL_CONTROL
from activation.ledger import ARMS_SCHEMA, FOLD_FILES, GRACE_SECONDS, initialise, tidy_folder, write_file

HOLDOUT, TREATED = "holdout", "treated"
DIGITS = 13  # 52 bits of the hash: exact in a double, and finer than any audience
NEW_ARMS = pa.schema([field for field in ARMS_SCHEMA if field.name not in ("destination", "plan_id", "recorded_at")])
"""What a plan holds of it: arms that nobody has written down yet. ``assigned_at`` is in the time of the data."""


def threshold(share: float) -> str:
    """The first hash prefix that is not held out: prefixes of lower-case hex compare like the numbers they spell."""
    number = round(share * 16**DIGITS)
    return "g" if number >= 16**DIGITS else f"{number:0{DIGITS}x}"


def held_out_sql(audience: str, customer_id: str, threshold: str) -> str:
    """True for the share of customers that is held out; the same person in every build, whoever else is in it.

    A larger share holds out the same people and more.
    """
    return f"substr(sha256({audience} || ':' || {customer_id}), 1, {DIGITS}) < {threshold}"


class Arms:
    """The history of arms. ``record`` is for the destination whose lock the caller holds; all destinations are read."""

    def __init__(self, ledger: Path, destination: str) -> None:
        self.ledger = ledger
        self.destination = destination
        self.folder = ledger / destination / "arms"
        initialise(ledger)

    def read(self, connection: duckdb.DuckDBPyConnection, audience: str) -> None:
        """Make table ``arms``: customer_id, own_arm (in this audience), global_arm; null where none was given yet."""
        files = sorted(map(str, self.ledger.glob("*/arms/*.parquet")))
        rows = connection.read_parquet(files, union_by_name=True)  # noqa: F841  (DuckDB finds it by its name)
        connection.execute(
            """
            create or replace temp table arms as
            select
                customer_id,
                arg_min(arm, {'at': recorded_at, 'plan': plan_id}) filter (where audience = $audience) as own_arm,
                arg_min(arm, {'at': recorded_at, 'plan': plan_id}) filter (where audience = $all) as global_arm
            from rows
            where audience in ($audience, $all)
            group by customer_id
            """,
            {"audience": audience, "all": GLOBAL_CONTROL},
        )

    def record(self, plan_id: str, arms: pa.Table) -> None:
        """Append the new arms of a plan (columns of NEW_ARMS). Recording a plan again replaces its file."""
        if not arms.num_rows:
            return
        now = datetime.now(UTC).replace(tzinfo=None)
        given = {"destination": self.destination, "plan_id": plan_id, "recorded_at": now}
        for name, value in given.items():
            arms = arms.append_column(name, pa.repeat(pa.scalar(value, ARMS_SCHEMA.field(name).type), arms.num_rows))
        write_file(self.folder / f"{plan_id}.parquet", arms.select(ARMS_SCHEMA.names).cast(ARMS_SCHEMA))

    def tidy(self) -> None:
        """Fold many small files into one."""
        tidy_folder(self.folder, ARMS_SCHEMA, FOLD_FILES, GRACE_SECONDS)


def arm_sql(written: str, salt: str, customer_id: str, threshold: str) -> str:
    """The arm that is written down, else the one that the hash draws."""
    drawn = f"case when {held_out_sql(salt, customer_id, threshold)} then '{HOLDOUT}' else '{TREATED}' end"
    return f"coalesce({written}, {drawn})"


def new_arms(connection: duckdb.DuckDBPyConnection, audience: str, share: float, global_share: float) -> pa.Table:
    """The arms of ``candidates`` (audience.py) that stand in no history yet, as NEW_ARMS, by customer."""
    found = connection.execute(
        """
        select
            $audience as audience,
            customer_id,
            candidates.own_arm as arm,
            $share::double as holdout_share,
            assigned_at
        from candidates
        left join arms using (customer_id)
        where candidates.own_arm is not null and is_measured and arms.own_arm is null
        union all
        select $all, customer_id, candidates.global_arm, $global_share::double, assigned_at
        from candidates
        left join arms using (customer_id)
        where candidates.global_arm is not null and is_measured and arms.global_arm is null
        order by audience asc nulls last, customer_id asc nulls last
        """,
        {"audience": audience, "share": share, "all": GLOBAL_CONTROL, "global_share": global_share},
    )
    return found.to_arrow_table().select(NEW_ARMS.names).cast(NEW_ARMS)
