"""LoyaltyLion's members and transactions as tables. A member's version is made by whatever moved its points.

A transaction's id rises with its time. Times before the first day are those of members older than the world.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import NEVER, Ints
from sandbox.brand.loyalty import ACCOUNT, ACTIVITY, GUEST, PURCHASE, RESOURCES, REWARD, SECOND, Loyalty, running
from sandbox.brand.scenario_truth import person_ids
from sandbox.brand.shop import Table
from sandbox.brand.texts import digits, either, stamps, take
from sandbox.brand.typed_emails import KINDS
from sandbox.brand.versions import number_versions

TIERS = ("Bronze", "Silver", "Gold")
TIER_FROM = (0, 300, 800)
SPAN = np.int64(1) << np.int64(34)
RULES = ("purchase", "signup")
RECORD_TYPES = {ACCOUNT: "member", GUEST: "guest_member", SECOND: "guest_member"}


def loyalty_tables(loyalty: Loyalty) -> dict[str, Table]:
    """Tables loyaltylion_members and loyaltylion_transactions."""
    return {"loyaltylion_members": _members(loyalty), "loyaltylion_transactions": _transactions(loyalty)}


def _members(loyalty: Loyalty) -> Table:
    members, ledger, every = loyalty.members, loyalty.ledger, np.arange(len(loyalty.members))
    merged = loyalty.shop.accounts.merged_at[members.person + loyalty.shop.people.count]
    merged = np.where((members.kind == ACCOUNT) & (merged > members.enrolled_at), merged, NEVER)
    versions = number_versions(
        [
            (every, members.enrolled_at),
            (every, members.linked_at),
            (every, members.blocked_at),
            (every, merged),
            (ledger.member, ledger.at),
        ],
        loyalty.basis.end,
    )
    m, at = versions.thing, versions.at
    # rows of the ledger before and at each version: they are sorted by member and time
    key = ledger.member * SPAN + ledger.at + SPAN // 2
    reached = np.searchsorted(key, m * SPAN + at + SPAN // 2, side="right")

    def total(values: Ints) -> Ints:
        """The sum of a member's movements up to each version."""
        sums = np.concatenate([[0], running(ledger.member, values)])
        mine = (reached > 0) & (ledger.member[np.maximum(reached - 1, 0)] == m)
        return np.where(mine, sums[reached], 0)

    accounts, person = loyalty.shop.accounts, members.person[m]
    first = accounts.id_text(person)
    account = either(members.kind[m] == ACCOUNT, first, None)
    linked = either(members.linked_at[m] <= at, first, account)
    # the shop tells the programme of accounts that it merged
    second = either((members.kind[m] == ACCOUNT) & (merged[m] <= at), accounts.id_text(person + accounts.count), None)
    earned = total(np.where(ledger.resource == REWARD, 0, np.maximum(ledger.approved, 0)))
    claims = (ledger.resource == REWARD).astype(np.int64)
    return {
        "member_id": members.member_id[m],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(members.enrolled_at[m]),
        "merchant_id": account,
        "linked_merchant_id": linked,
        "merged_merchant_id": second,
        "birthday": members.birth_date.take(pa.array(m)),
        "email": members.email.text.take(pa.array(m)),
        "points_approved": total(ledger.approved),
        "points_pending": total(ledger.pending),
        "points_spent": total(-ledger.approved * claims),
        "rewards_claimed": total(claims),
        "tier": take(TIERS, np.searchsorted(TIER_FROM, earned, side="right") - 1),
        "blocked": members.blocked_at[m] <= at,
        "guest": members.kind[m] != ACCOUNT,
    }


def _transactions(loyalty: Loyalty) -> Table:
    ledger = loyalty.ledger
    by_time = np.lexsort((np.arange(len(ledger)), ledger.at))
    ledger = ledger.take(by_time)
    order = np.where((ledger.resource == ACTIVITY) & (ledger.rule == PURCHASE), ledger.order, -1)
    order_id = digits(loyalty.shop.orders.order_id[np.maximum(order, 0)])
    return {
        "transaction_id": 550_000 + np.arange(len(ledger)),
        "revealed_at": stamps(np.minimum(ledger.at, NEVER)),
        "created_at": stamps(ledger.at),
        "member_id": loyalty.members.member_id[ledger.member],
        "resource": take(RESOURCES, ledger.resource),
        "rule": take(RULES, ledger.rule),
        "order_id": either(order >= 0, order_id, None),
        "points_approved": ledger.approved,
        "points_pending": ledger.pending,
    }


def loyalty_owners(loyalty: Loyalty) -> Table:
    """Rows of ``record_owners``: every member."""
    members = loyalty.members
    return {
        "source_system": take(["loyaltylion"], np.zeros(len(members), np.int64)),
        "source_record_id": digits(members.member_id),
        "record_type": take([RECORD_TYPES[kind] for kind in sorted(RECORD_TYPES)], members.kind),
        "person_id": person_ids(members.person),
        "is_shared": np.zeros(len(members), dtype=bool),
    }


def loyalty_emails(loyalty: Loyalty) -> Table:
    """Rows of ``record_emails``."""
    members = loyalty.members
    return {
        "source_system": take(["loyaltylion"], np.zeros(len(members), np.int64)),
        "source_record_id": digits(members.member_id),
        "person_id": person_ids(members.person),
        "email": members.email.text,
        "typed_as": take(KINDS, members.email.kind),
        "is_second": members.email.second,
    }
