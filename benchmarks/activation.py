"""What a sync costs at size: the difference of two million members, two million hashed addresses, 200,000 pushed.

    python -m benchmarks.activation                    all three
    python -m benchmarks.activation --members 200000   smaller; --push 20000 likewise

Beside each stands what bounds it: the difference beside one bare anti-join of the same tables in DuckDB; normalising
and hashing beside DuckDB's ``sha256`` alone and a plain loop; the push (plan, apply, ledger) into the sandbox's Klaviyo
beside as many batches given to the destination without an engine. Seconds are wall time, CPU seconds this process's
own (the sandbox works in another). Writes ``benchmarks/results/activation-<members>.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

import selvage
from activation import diff, discovery, sync
from activation.audience import open_copy
from activation.destination import Contact, Evidence, Member
from activation.identifiers import prepare_column
from sandbox.server import running

RESULTS = Path(__file__).resolve().parent / "results"
AUDIENCE = "bench"
TABLES = """
create table candidates as
select
    'c_' || range as customer_id,
    substr(sha256('identity' || range), 1, 16) as identity,
    substr(sha256('content' || range || if(range % 400 = 1, 'changed', '')), 1, 16) as content,
    cast(null as varchar) as exclusion
from range({members}) where range % 400 <> 2;
create table state as
select
    'c_' || range as customer_id,
    true as is_member,
    substr(sha256('identity' || range), 1, 16) || '-' || substr(sha256('content' || range), 1, 16) as fingerprint,
    substr(sha256('identity' || range), 1, 16) as identity,
    'r' || range as remote_id,
    timestamp '2026-06-01' as recorded_at,
    0::bigint as rejections,
    cast(null as struct(action varchar, fingerprint varchar)) as asked
from range({members}) where range % 200 <> 3;
create table suppressions (customer_id varchar, reason varchar, consent_evidence_id varchar, consent_as_of timestamp);
create table uncertain (customer_id varchar, identity varchar);
"""
"""Of 400: one has changed, one has left, two are new; a percent in all."""
ANTI_JOIN = """
select count(*) from (select customer_id, identity || '-' || content as fingerprint from candidates) as wanted
anti join state using (customer_id, fingerprint)
"""
COPY = """
create table build as select 'bench' as build_id, now()::timestamp as built_at, now()::timestamp as as_of;
create table audiences as select 'aud_{audience}' as audience, '' as description, 'marketing' as purpose,
    'email' as channel, 'klaviyo' as destination, 'mirror' as mode, 0.0 as holdout, 0.2 as max_removal_share,
    '' as owner, null::varchar as priority_list, null::integer as priority_rank, true as is_capped;
create table aud_{audience} as select 'c_' || range as customer_id, 'SKU-' || range % 200 as last_product_sku,
    'email' as consent_channel, 'marketing' as consent_purpose, 'e' || range as consent_evidence_id,
    '2026-01' as consent_policy_version, timestamp '2026-05-01' as consent_as_of from range({members});
create table act_contact_points as select 'c_' || range as customer_id, 'person' || range || '@example.com' as email,
    cast(null as varchar) as phone from range({members});
create table act_suppressions (customer_id varchar, channel varchar, purpose varchar, suppression_reason varchar,
    evidence_id varchar, suppressed_at timestamp);
create table act_merged_customers (customer_id varchar, current_customer_id varchar);
"""


def timed(work: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    started, used = time.monotonic(), time.process_time()
    found = work()
    return {"seconds": round(time.monotonic() - started, 2), "cpu_seconds": round(time.process_time() - used, 2)}, found


def difference(members: int) -> dict[str, Any]:
    with duckdb.connect() as connection:
        connection.execute(TABLES.format(members=members))
        bare, _ = timed(lambda: connection.execute(ANTI_JOIN).fetchone())
        ours, counts = timed(lambda: diff.compare(connection, "mirror"))
        listed, actions = timed(lambda: diff.actions(connection).num_rows)
    changed = {name: counts[name] for name in ("adds", "updates", "removals")}
    return {"bare anti-join": bare, "compare": ours, "actions as a table": listed, "actions": actions, **changed}


def hashing(members: int) -> dict[str, Any]:
    with duckdb.connect() as connection:
        raw = "select ' Person' || range || '@Example.com ' as email from range($members)"
        emails = connection.execute(raw, {"members": members}).to_arrow_table()
        connection.register("raw", emails)
        alone, _ = timed(lambda: connection.execute("select sha256(email) as hashed from raw").to_arrow_table())
    emails = emails["email"]
    ours, hashed = timed(lambda: prepare_column("meta", "email", emails))
    loop, expected = timed(
        lambda: [hashlib.sha256(text.strip().lower().encode()).hexdigest() for text in emails.to_pylist()]
    )
    if hashed.to_pylist() != expected:
        raise AssertionError("the column is not what the loop gives")
    return {"sha256 in DuckDB": alone, "normalise and hash": ours, "a plain loop": loop}


def push(members: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), people=100, days=20) as sandbox:
        os.environ |= {"SELVAGE_HOME": folder, "SELVAGE_ENV": "sandbox", "SELVAGE_BRAND": "demo"}
        os.environ |= sandbox.environment()
        settings = selvage.settings()
        with duckdb.connect(str(settings.activation_file)) as connection:
            connection.execute(COPY.format(audience=AUDIENCE, members=members))
        ours, result = timed(lambda: sync.apply(sync.plan(AUDIENCE, "klaviyo")))
        again, _ = timed(lambda: sync.apply(sync.plan(AUDIENCE, "klaviyo")))
        bare, _ = timed(lambda: _without_engine(settings, members))
    rate = {name: round(members / cost["seconds"]) for name, cost in (("sync", ours), ("bare", bare))}
    return {
        "sync": ours,
        "sync without change": again,
        "bare batches": bare,
        "members per second": rate,
        "share of what the sandbox takes": round(rate["sync"] / rate["bare"], 2),
        "acknowledged": result.accepted,
    }


def _without_engine(settings: selvage.Settings, members: int) -> None:
    """As many others, to another list: no plan, no join, no ledger."""
    klaviyo = discovery.find("klaviyo")
    with open_copy(settings.activation_file) as copy:
        audience = replace(copy.audience(AUDIENCE, "klaviyo"), name="bare")
    connection = klaviyo.connect(selvage.vendor("klaviyo", klaviyo.SETTINGS), audience)
    size = klaviyo.BATCH_SIZE["add"]
    for first in range(0, members, size):
        rows = [
            Member(f"c_{n}", Contact(email=f"bare{n}@example.com"), {"last_product_sku": f"SKU-{n % 200}"}, "f", None,
                   None, Evidence(f"e{n}", "2026-01", None))
            for n in range(first, min(first + size, members))
        ]  # fmt: skip
        klaviyo.add(connection, rows, lambda _: None)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=2_000_000)
    parser.add_argument("--push", type=int, default=200_000)
    chosen = parser.parse_args()
    result = {
        "members": chosen.members, "pushed": chosen.push, "cores": os.cpu_count(),
        "python": platform.python_version(), "duckdb": duckdb.__version__,
        "difference": difference(chosen.members), "hashing": hashing(chosen.members), "push": push(chosen.push),
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"activation-{chosen.members}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
