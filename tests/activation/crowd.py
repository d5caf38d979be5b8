"""Several audiences of the same people: a copy of the warehouse for tests of who has the turn with a person."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

import selvage
from activation import sync
from activation.destination import CONTACT_POINTS
from activation.ledger import all_rows

AS_OF = datetime.fromisoformat("2026-06-01")


@dataclass
class Entry:
    """What the YAML says of an audience, and who is in it."""

    rank: int | None = None
    destinations: tuple[str, ...] = ("rack",)
    is_capped: bool = True
    holdout: float = 0.0
    mode: str = "mirror"
    max_removal_share: float = 1.0
    channel: str = "email"
    members: set[str] = field(default_factory=set)


@dataclass
class Crowd:
    """Audiences by name; those with a rank are of one list. Everybody in ``people`` has an e-mail address."""

    home: Path
    audiences: dict[str, Entry]
    people: tuple[str, ...] = tuple("uvwxyz")
    suppressed: set[str] = field(default_factory=set)
    merged: dict[str, str] = field(default_factory=dict)
    as_of: datetime = AS_OF
    builds: int = 0

    def publish(self, **members: str) -> None:
        """One build. ``members``: audience -> its members, a letter each; the others keep theirs."""
        for name, letters in members.items():
            self.audiences[name].members = set(letters)
        self.builds += 1
        path = selvage.settings().activation_file
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with duckdb.connect(str(partial)) as connection:
            self.fill(connection)
        partial.replace(path)

    def fill(self, connection: duckdb.DuckDBPyConnection, schema: str = "main") -> None:
        """Make the copy's tables."""
        routes = ", ".join(
            f"('aud_{name}', '', 'marketing', '{one.channel}', '{destination}', '{one.mode}', {one.holdout}, "
            f"{one.max_removal_share}, 'team:marketing', {'null' if one.rank is None else repr('one')}, "
            f"{'null' if one.rank is None else one.rank}, {one.is_capped})"
            for name, one in self.audiences.items()
            for destination in one.destinations
        )
        connection.execute(f"""
            create or replace table {schema}.build as
                select 'build-{self.builds}' as build_id, now()::timestamp as built_at,
                    timestamp '{self.as_of}' as as_of;
            create or replace table {schema}.audiences as select * from (values {routes}) as routes(
                audience, description, purpose, channel, destination, mode, holdout, max_removal_share, owner,
                priority_list, priority_rank, is_capped);
            create or replace table {schema}.act_contact_points as
                select unnest({list(self.people)}::varchar[]) as customer_id, customer_id || '@example.com' as email,
                    {", ".join(f"null::varchar as {name}" for name in CONTACT_POINTS if name != "email")};
            create or replace table {schema}.act_suppressions as
                select unnest({sorted(self.suppressed)}::varchar[]) as customer_id, 'email' as channel,
                    'all' as purpose, 'unsubscribed' as suppression_reason, 'proof' as evidence_id,
                    timestamp '{self.as_of}' as suppressed_at;
            create or replace table {schema}.act_merged_customers as
                select unnest({list(self.merged)}::varchar[]) as customer_id,
                    unnest({list(self.merged.values())}::varchar[]) as current_customer_id;
        """)
        for name, one in self.audiences.items():
            connection.execute(f"""
                create or replace table {schema}.aud_{name} as
                    select unnest({sorted(one.members)}::varchar[]) as customer_id, '{one.channel}' as consent_channel,
                        'marketing' as consent_purpose, 'consent' as consent_evidence_id,
                        'v1' as consent_policy_version, timestamp '{self.as_of}' as consent_as_of;
            """)

    def sync(self, name: str, destination: str = "rack") -> sync.SyncResult:
        return sync.apply(sync.plan(name, destination))

    def held(self, name: str, destination: str = "rack") -> str:
        """Whom the tool holds, as letters."""
        path = self.home / f"{destination}-{name}.json"
        members = json.loads(path.read_text())["members"] if path.exists() else {}
        return "".join(sorted(email.split("@")[0] for email in members))


def ledger_members(merged: Mapping[str, str]) -> dict[tuple[str, str], set[str]]:
    """(Audience, destination) -> who is in it by the ledger, merged customers under the id that stayed."""
    with closing(duckdb.connect()) as connection:
        rows = all_rows(selvage.settings().ledger, connection)  # noqa: F841  (DuckDB finds it by its name)
        found = connection.execute(
            "select audience, destination, customer_id from rows where status <> 'rejected' "
            "group by all having arg_max(action, recorded_at) <> 'remove'"
        ).fetchall()
    members: dict[tuple[str, str], set[str]] = {}
    for audience, destination, customer in found:
        members.setdefault((audience, destination), set()).add(merged.get(customer, customer))
    return members


def with_cap(cap: int | None, has: tuple[str, ...] | None = None) -> selvage.Brand:
    """The demo's brand with another weekly cap of e-mail, lists in no order, and these destinations only."""
    caps = {} if cap is None else {"email": cap}
    return dataclasses.replace(selvage.load_brand("demo"), weekly_caps=caps, priority_lists=(), destinations=has)
