"""A small activation copy for tests, and the toy destination beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import selvage
from activation import sync
from activation.ledger import Ledger
from tests.activation.toy.shelf import Shelf

AUDIENCE = "cart_abandoners"


@dataclass
class World:
    """What the warehouse wants. ``members``: customer -> last product; ``contacts``: customer -> (email, phone)."""

    home: Path
    members: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    tool_ids: dict[str, str] = field(default_factory=dict)
    """Customer -> their ids at the tool, for tools that know people by these."""
    suppressed: dict[str, str] = field(default_factory=dict)
    holdout: float = 0.0
    max_removal_share: float = 1.0
    channel: str = "email"
    purpose: str = "marketing"
    elsewhere: tuple[str, ...] = ()
    """Customers whose consent is for another use: rows of the audience that are not for this destination."""
    destinations: tuple[str, ...] = ("shelf",)
    mode: str = "mirror"
    is_capped: bool = False
    audience: str = AUDIENCE
    builds: int = 0

    @property
    def settings(self) -> selvage.Settings:
        return selvage.settings()

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.home / "shelf.json")

    def remote(self) -> dict[str, str]:
        """What the toy destination holds: e-mail -> last product."""
        return {email: held[1]["last_product_sku"] for email, held in self.shelf.read()["members"].items()}

    def set_remote(self, **values: Any) -> None:
        self.shelf.write({**self.shelf.read(), **values})

    def wanted(self) -> dict[str, str]:
        """What the destination should hold, computed here from the rules and not by the engine."""
        wanted: dict[str, str] = {}
        for customer in sorted(self.members):
            email = self.contacts.get(customer, (None, None))[0]
            if email and customer not in self.suppressed and not held_out(customer, self.holdout):
                wanted.setdefault(email, self.members[customer])
        return wanted

    def people(self, names: Iterable[int], product: str = "SKU-1") -> None:
        """Replace the members by these numbers; everybody has an e-mail address."""
        self.members = {f"c_{number:04d}": product for number in names}
        for customer in self.members:
            self.contacts.setdefault(customer, (f"{customer}@example.com", None))

    def publish(self) -> str:
        """Write activation.duckdb as one build and put it in place of the last one."""
        self.builds += 1
        path = self.settings.activation_file
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        members = table(
            {
                "customer_id": list(self.members),
                "last_product_sku": list(self.members.values()),
                "consent_evidence_id": [f"consent-{name}" for name in self.members],
                "consent_policy_version": ["2026-01"] * len(self.members),
            }
        )
        others = table({"customer_id": list(self.elsewhere)})
        contacts = table(
            {
                "customer_id": list(self.contacts),
                "email": [email for email, _ in self.contacts.values()],
                "phone": [phone for _, phone in self.contacts.values()],
                **{
                    name: [None] * len(self.contacts)
                    for name in ("given_name", "family_name", "city", "region_code", "postal_code", "country_code")
                },
                **{name: [self.tool_ids.get(one) for one in self.contacts] for name in ("shopify_ids", "zendesk_ids")},
            }
        )
        blocked = table({"customer_id": list(self.suppressed), "reason": list(self.suppressed.values())})
        with duckdb.connect(str(partial)) as connection:
            for name, rows in (
                ("members", members),
                ("contacts", contacts),
                ("blocked", blocked),
                ("others", others),
            ):
                connection.register(name, rows)
            connection.execute(f"""
                create table build as
                    select 'build-{self.builds}' as build_id, now()::timestamp as built_at, now()::timestamp as as_of;
                create table audiences as
                    select '{self.audience}' as audience, '' as description, '{self.purpose}' as purpose,
                        '{self.channel}' as channel, unnest({list(self.destinations)}) as destination,
                        '{self.mode}' as mode, {self.holdout}::double as holdout,
                        {self.max_removal_share}::double as max_removal_share, 'team:marketing' as owner,
                        null::varchar as priority_list, null::integer as priority_rank, {self.is_capped} as is_capped;
                create table aud_{AUDIENCE} as
                    select customer_id, last_product_sku, 12.50::decimal(18, 4) as cart_value_amount,
                        timestamp '2026-06-01 10:00:00' as last_cart_at, '{self.channel}' as consent_channel,
                        '{self.purpose}' as consent_purpose, consent_evidence_id, consent_policy_version,
                        timestamp '2026-05-01' as consent_as_of
                    from members;
                insert into aud_{AUDIENCE} (customer_id, consent_channel, consent_purpose)
                    select customer_id, '{self.channel}', 'research' from others
                    union all select customer_id, 'post', '{self.purpose}' from others;
                create table act_contact_points as select * from contacts;
                create table act_merged_customers (customer_id varchar, current_customer_id varchar);
                create table act_suppressions as
                    select customer_id, '{self.channel}' as channel, 'all' as purpose, reason as suppression_reason,
                        'proof-' || customer_id as evidence_id, timestamp '2026-06-01' as suppressed_at
                    from blocked;
            """)
        partial.replace(path)
        return f"build-{self.builds}"

    def ledger_rows(self, destination: str = "shelf") -> list[dict[str, Any]]:
        with duckdb.connect() as connection:
            rows = Ledger(self.settings.ledger, destination).rows(connection)
            return list(rows.order("recorded_at, customer_id").to_arrow_table().to_pylist())


def table(columns: Mapping[str, list[Any]]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def held_out(customer: str, share: float) -> bool:
    """The holdout rule, written down a second time."""
    number = int(hashlib.sha256(f"{AUDIENCE}:{customer}".encode()).hexdigest()[:13], 16)
    return number < round(share * 16**13)


def plan_file(world: World) -> dict[str, Any]:
    """The newest saved plan, as JSON."""
    newest = max((world.settings.work / "plans").glob("*.json"))
    return dict(json.loads(newest.read_text()))


def run(world: World, **options: Any) -> sync.SyncResult:
    """Plan and apply at the toy destination."""
    return sync.apply(sync.plan(AUDIENCE, "shelf"), **options)
