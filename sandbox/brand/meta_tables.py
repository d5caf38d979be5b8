"""Meta's tables: the account and its ads, what it says of each day in versions, what it claims, whom it knows.

The truth beside that of all platforms: ``meta_users`` (who is behind each of Meta's users).
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand.ad_claims import has_account
from sandbox.brand.ad_platforms import META
from sandbox.brand.ad_tables import OPENED, Account, Table, claimed, make_account, told_days
from sandbox.brand.basis import DAY, NEVER, Basis, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.people import People, phone_text
from sandbox.brand.shop import Shop
from sandbox.brand.texts import digits, either, join, mix, stamps, take
from sandbox.brand.truth import person_ids

ACCOUNT_ID = 900_100_200
CAMPAIGNS = META.campaigns
CAMPAIGN_IDS = 2_385_100_000_000_001 + np.arange(len(CAMPAIGNS)) * 1_370
# Two ad sets a campaign: the first two creatives in one, the others in the other.
ADSET_IDS = 2_385_200_000_000_001 + np.arange(2 * len(CAMPAIGNS)) * 910
AD_IDS = 2_385_300_000_000_001 + np.arange(META.ads) * 430
AD_ADSET = META.ad_campaign * 2 + META.ad_creative // 2
OBJECTIVES = ("OUTCOME_SALES", "OUTCOME_SALES", "OUTCOME_SALES", "OUTCOME_AWARENESS", "OUTCOME_SALES")
ADSET_NAMES = ("broad", "narrow")
HOLDS_EMAIL, HOLDS_SECOND, HOLDS_PHONE = 0.9, 0.5, 0.75


def make_meta(shop: Shop, visits: Visits) -> Account:
    """Make the account around the visits that its ads brought."""
    return make_account(shop, visits, META, AD_IDS, CAMPAIGN_IDS)


def meta_tables(meta: Account) -> dict[str, Table]:
    """The vendor's tables, by name."""
    return {
        **_objects(meta),
        "meta_insights": _insights(meta),
        "meta_conversions": _conversions(meta),
        "meta_users": _users(meta.shop.basis, meta.shop.people)[0],
    }


def meta_truth(meta: Account) -> dict[str, Table]:
    """The truth's tables, by name."""
    return {"meta_users": _users(meta.shop.basis, meta.shop.people)[1]}


def _objects(meta: Account) -> dict[str, Table]:
    campaigns, adsets = len(CAMPAIGNS), len(ADSET_IDS)
    created, ends = meta.created, meta.ended
    changed = np.where(ends < NEVER, ends, created[META.ad_campaign] + 7_200)
    name = take(META.creatives, META.ad_creative)
    return {
        "meta_accounts": {
            "account_id": np.array([ACCOUNT_ID]),
            "name": pa.array(["Selvage and Loom US"]),
            "currency": pa.array(["USD"]),
            "timezone_name": pa.array([META.zone]),
            "created_at": stamps(np.array([OPENED])),
            "revealed_at": stamps(np.array([OPENED])),
        },
        "meta_campaigns": {
            "campaign_id": CAMPAIGN_IDS,
            "name": pa.array(CAMPAIGNS),
            "objective": pa.array(OBJECTIVES),
            "daily_budget_cents": 5_000 + 2_500 * np.arange(campaigns),
            "created_at": stamps(created),
            "updated_at": stamps(created + 3_600),
            "revealed_at": stamps(created),
        },
        "meta_adsets": {
            "adset_id": ADSET_IDS,
            "campaign_id": np.repeat(CAMPAIGN_IDS, 2),
            "name": join(take(CAMPAIGNS, np.arange(adsets) // 2), " - ", take(ADSET_NAMES, np.arange(adsets) % 2)),
            "created_at": stamps(np.repeat(created, 2) + 1_800),
            "updated_at": stamps(np.repeat(created, 2) + 5_400),
            "revealed_at": stamps(np.repeat(created, 2) + 1_800),
        },
        "meta_ads": {
            "ad_id": AD_IDS,
            "adset_id": ADSET_IDS[AD_ADSET],
            "campaign_id": CAMPAIGN_IDS[META.ad_campaign],
            "name": either(ends < NEVER, join(name, " (first cut)"), name),
            "created_at": stamps(created[META.ad_campaign] + 7_200),
            "updated_at": stamps(np.minimum(changed, meta.shop.basis.end)),
            "revealed_at": stamps(created[META.ad_campaign] + 7_200),
            "archived_at": stamps(ends),
        },
    }  # fmt: skip


def _insights(meta: Account) -> Table:
    """What Meta says of an ad, a publisher and a day; a new version with each restatement."""
    told, _, columns = told_days(meta)
    _, publisher, _ = np.unravel_index(told.cell, meta.days.visits.shape)
    return {
        "insight_id": told.cell + 1,
        **columns,
        "publisher_platform": take(META.publishers, publisher),
        "reach": told.reach,
        "inline_link_clicks": told.link_clicks,
    }


def _conversions(meta: Account) -> Table:
    """The claims, which the vendor adds up by window and day."""
    by_time, columns = claimed(meta)
    publisher = meta.seen.publisher[meta.claims.ad_visit[by_time]]
    return {**columns, "publisher_platform": take(META.publishers, publisher)}


def _users(basis: Basis, people: People) -> tuple[Table, Table]:
    """Whom Meta can recognise by which hashed key; and, for the truth, who they are."""
    rng = basis.rng("meta users")
    person = np.flatnonzero(has_account(basis, META, people.count) & ~people.staff)
    user = 10_000_000_000_000 + (mix(person, basis.salt("meta user ids")) >> np.uint64(24)).astype(np.int64)
    chance = rng.random((3, len(person)))
    # a shared number belongs to one account: that of the household's first member
    holds_phone = (chance[2] < HOLDS_PHONE) & (
        ~people.household_phone[person] | (people.place_in_household[person] == 0)
    )
    phone = people.phone_at(np.arange(people.count), basis.days * DAY)
    keys = (
        ("EMAIL", people.email, chance[0] < HOLDS_EMAIL),
        ("EMAIL", people.second_email, people.has_second[person] & (chance[1] < HOLDS_SECOND)),
        ("PHONE", pc.utf8_ltrim(phone_text(phone), "+"), holds_phone),
    )
    columns: list[tuple[Ints, pa.Array, pa.Array]] = []
    for name, values, holds in keys:
        texts = values.take(pa.array(person[holds])).to_pylist()
        hashed = pa.array([hashlib.sha256(text.encode()).hexdigest() for text in texts], pa.string())
        columns.append((user[holds], take((name,), np.zeros(len(texts), np.int64)), hashed))
    users, names, hashes = zip(*columns, strict=True)
    table = {
        "user_key_id": np.arange(sum(map(len, users))) + 1,
        "user_id": np.concatenate(users),
        "key": pa.concat_arrays(names),
        "sha256": pa.concat_arrays(hashes),
        "revealed_at": stamps(np.full(sum(map(len, users)), OPENED)),
    }
    return table, {"user_id": digits(user), "person_id": person_ids(person)}
