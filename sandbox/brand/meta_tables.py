"""Meta's tables: the account and its ads, what it says of each day in versions, what it claims, whom it knows.

The truth about the same: ``ad_totals`` (what each ad cost on each day in the end) and ``ad_effects`` (what the ads
of each campaign caused, beside what Meta claims), ``meta_users`` (who is behind each of Meta's users).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand.ad_claims import Claims, causing_ad_visit, has_meta_account, is_reported, make_claims
from sandbox.brand.ads import (
    AD_CAMPAIGN,
    AD_CONTENT,
    ADS,
    CAMPAIGNS,
    OLD_AD,
    OLD_AD_DAYS,
    PUBLISHERS,
    SETTLES_AFTER_DAYS,
    ZONE,
    AdDays,
    AdVisits,
    Calendar,
    make_ad_days,
    make_ad_visits,
    make_calendar,
    tell,
)  # fmt: skip
from sandbox.brand.basis import DAY, NEVER, Basis, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.channels import CONTENTS
from sandbox.brand.orders import sum_by
from sandbox.brand.people import People, phone_text
from sandbox.brand.shop import Shop
from sandbox.brand.texts import digits, either, join, mix, stamps, take
from sandbox.brand.truth import person_ids

Table = dict[str, object]
ACCOUNT_ID = 900_100_200
CAMPAIGN_IDS = 2_385_100_000_000_001 + np.arange(len(CAMPAIGNS)) * 1_370
# Two ad sets a campaign: the first two creatives in one, the others in the other.
ADSET_IDS = 2_385_200_000_000_001 + np.arange(2 * len(CAMPAIGNS)) * 910
AD_IDS = 2_385_300_000_000_001 + np.arange(ADS) * 430
AD_ADSET = AD_CAMPAIGN * 2 + AD_CONTENT // 2
OPENED = -700 * DAY
OBJECTIVES = ("OUTCOME_SALES", "OUTCOME_SALES", "OUTCOME_SALES", "OUTCOME_AWARENESS", "OUTCOME_SALES")
ADSET_NAMES = ("broad", "narrow")
HOLDS_EMAIL, HOLDS_SECOND, HOLDS_PHONE = 0.9, 0.5, 0.75


@dataclass
class Meta:
    """All that the tables and the truth are made from."""

    shop: Shop
    visits: Visits
    calendar: Calendar
    seen: AdVisits
    days: AdDays
    claims: Claims


def make_meta(shop: Shop, visits: Visits) -> Meta:
    """Make the account around the visits that its ads brought."""
    calendar = make_calendar(shop.basis)
    seen = make_ad_visits(visits, shop.landing, calendar)
    days = make_ad_days(shop.basis, calendar, seen)
    return Meta(shop, visits, calendar, seen, days, make_claims(shop, calendar, seen))


def meta_tables(meta: Meta) -> dict[str, Table]:
    """The vendor's tables, by name."""
    basis = meta.shop.basis
    return {
        **_objects(basis, meta.calendar),
        "meta_insights": _insights(meta),
        "meta_conversions": _conversions(meta),
        "meta_users": _users(basis, meta.shop.people)[0],
    }


def meta_truth(meta: Meta) -> dict[str, Table]:
    """The truth's tables, by name."""
    return {
        "ad_totals": _totals(meta),
        "ad_effects": _effects(meta),
        "meta_users": _users(meta.shop.basis, meta.shop.people)[1],
    }


def _objects(basis: Basis, calendar: Calendar) -> dict[str, Table]:
    campaigns, adsets = len(CAMPAIGNS), len(ADSET_IDS)
    created = calendar.starts[0] - (60 - 7 * np.arange(campaigns)) * DAY + 9 * 3_600
    ends = np.full(ADS, NEVER)
    ends[OLD_AD] = calendar.starts[OLD_AD_DAYS]
    changed = np.where(ends < NEVER, ends, created[AD_CAMPAIGN] + 7_200)
    name = take(CONTENTS, AD_CONTENT)
    return {
        "meta_accounts": {
            "account_id": np.array([ACCOUNT_ID]),
            "name": pa.array(["Selvage and Loom US"]),
            "currency": pa.array(["USD"]),
            "timezone_name": pa.array([ZONE]),
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
            "campaign_id": CAMPAIGN_IDS[AD_CAMPAIGN],
            "name": either(np.arange(ADS) == OLD_AD, join(name, " (first cut)"), name),
            "created_at": stamps(created[AD_CAMPAIGN] + 7_200),
            "updated_at": stamps(np.minimum(changed, basis.end)),
            "revealed_at": stamps(created[AD_CAMPAIGN] + 7_200),
            "archived_at": stamps(ends),
        },
    }  # fmt: skip


def _insights(meta: Meta) -> Table:
    """What Meta says of an ad, a publisher and a day; a new version with each restatement."""
    told = tell(meta.shop.basis, meta.calendar, meta.days)
    ad, publisher, day = np.unravel_index(told.cell, meta.days.visits.shape)
    return {
        "insight_id": told.cell + 1,
        "version": told.number,
        "updated_at": stamps(told.at),
        "revealed_at": stamps(told.at),
        "ad_id": AD_IDS[ad],
        "publisher_platform": take(PUBLISHERS, publisher),
        "day": meta.calendar.dates(day),
        "impressions": told.impressions,
        "reach": told.reach,
        "clicks": told.clicks,
        "inline_link_clicks": told.link_clicks,
        "spend_cents": told.spend,
    }


def _conversions(meta: Meta) -> Table:
    """One row a claimed order. The vendor adds them up by window and day, and never shows one by itself."""
    claims, seen = meta.claims, meta.seen
    by_time = np.lexsort((claims.order, claims.told_at))
    visit = claims.ad_visit[by_time]
    return {
        "conversion_id": np.arange(len(claims)) + 1,
        "revealed_at": stamps(claims.told_at[by_time]),
        "ad_id": AD_IDS[seen.ad[visit]],
        "publisher_platform": take(PUBLISHERS, seen.publisher[visit]),
        "day": meta.calendar.dates(claims.day[by_time]),
        "is_view": claims.is_view[by_time],
        "delay_seconds": claims.delay[by_time],
        "by_pixel": claims.by_pixel[by_time],
        "value_cents": meta.shop.orders.subtotal[claims.order[by_time]],
    }


def _users(basis: Basis, people: People) -> tuple[Table, Table]:
    """Whom Meta can recognise by which hashed key; and, for the truth, who they are."""
    rng = basis.rng("meta users")
    person = np.flatnonzero(has_meta_account(basis, people.count) & ~people.staff)
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


def _totals(meta: Meta) -> Table:
    """One row an ad and day with any impression: the final figures, and from when on Meta tells them."""
    days = meta.days
    ad, day = np.nonzero(days.impressions.sum(axis=1) > 0)

    def final(values: Ints) -> Ints:
        return values.sum(axis=1)[ad, day]

    return {
        "ad_id": digits(AD_IDS[ad]),
        "campaign_name": take(CAMPAIGNS, AD_CAMPAIGN[ad]),
        "spend_date": meta.calendar.dates(day),
        "spend_cents": final(days.spend),
        "impressions": final(days.impressions),
        "clicks": final(days.link_clicks + days.other_clicks),
        "link_clicks": final(days.link_clicks),
        "visits": final(days.visits),
        "settled_at": stamps(meta.calendar.starts[day + 1] + SETTLES_AFTER_DAYS * DAY),
    }


def _effects(meta: Meta) -> Table:
    """One row a campaign, of the history (before the default now) and of the whole world."""
    orders, seen, claims, count = meta.shop.orders, meta.seen, meta.claims, len(CAMPAIGNS)
    cause = causing_ad_visit(meta.shop, meta.visits, seen)
    of_visit, of_claim = AD_CAMPAIGN[seen.ad], AD_CAMPAIGN[seen.ad[claims.ad_visit]]
    spend = np.zeros((count, meta.calendar.days), dtype=np.int64)
    np.add.at(spend, AD_CAMPAIGN, meta.days.spend.sum(axis=1))
    rows = []
    for scope, until in (("history", meta.shop.basis.days * DAY), ("world", meta.shop.basis.end)):
        caused = np.flatnonzero((cause >= 0) & (orders.created_at < until))
        claimed = np.flatnonzero(is_reported(claims) & (orders.created_at[claims.order] < until))
        by_cause, by_claim = of_visit[cause[caused]], of_claim[claimed]
        rows.append(
            {
                "scope": take((scope,), np.zeros(count, np.int64)),
                "campaign_id": digits(CAMPAIGN_IDS),
                "campaign_name": pa.array(CAMPAIGNS),
                "visits": np.bincount(of_visit[seen.at < until], minlength=count),
                "spend_cents": spend[:, meta.calendar.starts[1:] <= until].sum(axis=1),
                "orders_caused": np.bincount(by_cause, minlength=count),
                "value_caused_cents": sum_by(by_cause, orders.subtotal[caused], count),
                "orders_claimed": np.bincount(by_claim, minlength=count),
                "value_claimed_cents": sum_by(by_claim, orders.subtotal[claims.order[claimed]], count),
            }
        )
    return {
        name: pa.concat_arrays([pa.array(row[name]) for row in rows]) if isinstance(rows[0][name], pa.Array)
        else np.concatenate([row[name] for row in rows])
        for name in rows[0]
    }  # fmt: skip
