"""What every ad platform of the world tells, and the truth about it: days in versions, claims, totals, effects.

The truth: ``ad_totals`` (what each ad cost on each day in the end) and ``ad_effects`` (what the ads of each campaign
caused, beside what their platform claims).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.ad_claims import Claims, causing_ad_visit, is_reported, make_claims
from sandbox.brand.ad_platforms import Platform
from sandbox.brand.ads import AdDays, AdVisits, Calendar, Told, make_ad_days, make_ad_visits, make_calendar, tell
from sandbox.brand.basis import DAY, NEVER, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.orders import sum_by
from sandbox.brand.shop import Shop
from sandbox.brand.texts import digits, stamps, take

Table = dict[str, object]
OPENED = -700 * DAY


@dataclass
class Account:
    """One platform's account: all that its tables and its truth are made from. Ids are by ad and by campaign."""

    platform: Platform
    shop: Shop
    visits: Visits
    ad_ids: Ints
    campaign_ids: Ints
    calendar: Calendar
    seen: AdVisits
    days: AdDays
    claims: Claims

    @property
    def created(self) -> Ints:
        """When each campaign was made."""
        campaigns = len(self.platform.campaigns)
        return self.calendar.starts[0] - (60 - 7 * np.arange(campaigns)) * DAY + 9 * 3_600

    @property
    def ended(self) -> Ints:
        """When each ad was archived or deleted."""
        ends = np.full(self.platform.ads, NEVER)
        for ad, one in zip(self.platform.silent_ads, self.platform.silent, strict=True):
            ends[ad] = self.calendar.starts[one.days] if one.days else NEVER
        return ends


def make_account(shop: Shop, visits: Visits, platform: Platform, ad_ids: Ints, campaign_ids: Ints) -> Account:
    """Make the account around the visits that its ads brought."""
    calendar = make_calendar(shop.basis, platform)
    seen = make_ad_visits(shop.basis, platform, visits, shop.landing, calendar)
    days = make_ad_days(shop.basis, platform, calendar, seen)
    claims = make_claims(shop, platform, calendar, seen)
    return Account(platform, shop, visits, ad_ids, campaign_ids, calendar, seen, days, claims)


def told_days(account: Account) -> tuple[Told, Ints, Table]:
    """What is told of an ad, a publisher and a day, and each entry's ad; with the columns that are alike everywhere."""
    told = tell(account.shop.basis, account.platform, account.calendar, account.days)
    ad, _, day = np.unravel_index(told.cell, account.days.visits.shape)
    return told, ad, {
        "version": told.number,
        "updated_at": stamps(told.at),
        "revealed_at": stamps(told.at),
        "ad_id": account.ad_ids[ad],
        "day": account.calendar.dates(day),
        "impressions": told.impressions,
        "clicks": told.clicks,
        "spend_cents": told.spend,
    }  # fmt: skip


def claimed(account: Account) -> tuple[Ints, Table]:
    """One row a claim by the time it is told, and its place in ``account.claims``. No vendor shows one by itself."""
    claims, seen = account.claims, account.seen
    by_time = np.lexsort((claims.order, claims.told_at))
    visit = claims.ad_visit[by_time]
    return by_time, {
        "conversion_id": np.arange(len(claims)) + 1,
        "revealed_at": stamps(claims.told_at[by_time]),
        "ad_id": account.ad_ids[seen.ad[visit]],
        "day": account.calendar.dates(claims.day[by_time]),
        "is_view": claims.is_view[by_time],
        "delay_seconds": claims.delay[by_time],
        "by_pixel": claims.by_pixel[by_time],
        "value_cents": account.shop.orders.subtotal[claims.order[by_time]],
    }


def ad_truth(accounts: Sequence[Account]) -> dict[str, Table]:
    """The truth's tables, by name."""
    return {
        "ad_totals": _stacked([_totals(account) for account in accounts]),
        "ad_effects": _stacked([_effects(account, *scope) for account in accounts for scope in _scopes(account)]),
    }


def _scopes(account: Account) -> tuple[tuple[str, int], ...]:
    """The history (before the default now) and the whole world."""
    basis = account.shop.basis
    return ("history", basis.days * DAY), ("world", basis.end)


def _named(name: str, count: int) -> pa.Array:
    return take((name,), np.zeros(count, np.int64))


def _totals(account: Account) -> Table:
    """One row an ad and day with any impression: the final figures, and from when on they are told."""
    platform, days = account.platform, account.days
    ad, day = np.nonzero(days.impressions.sum(axis=1) > 0)

    def final(values: Ints) -> Ints:
        return values.sum(axis=1)[ad, day]

    return {
        "platform": _named(platform.name, len(ad)),
        "ad_id": digits(account.ad_ids[ad]),
        "campaign_name": take(platform.campaigns, platform.ad_campaign[ad]),
        "spend_date": account.calendar.dates(day),
        "spend_cents": final(days.spend),
        "impressions": final(days.impressions),
        "clicks": final(days.link_clicks + days.other_clicks),
        "link_clicks": final(days.link_clicks),
        "visits": final(days.visits),
        "settled_at": stamps(account.calendar.starts[day + 1] + platform.settles_after_days * DAY),
    }


def _effects(account: Account, scope: str, until: int) -> Table:
    """One row a campaign, of what lies before ``until``. An order of which two ads have a half counts as two halves."""
    platform, seen, claims, orders = account.platform, account.seen, account.claims, account.shop.orders
    count = len(platform.campaigns)
    cause = causing_ad_visit(account.shop, platform, account.visits, seen)
    of_visit = platform.ad_campaign[seen.ad]
    spend = np.zeros((count, account.calendar.days), dtype=np.int64)
    np.add.at(spend, platform.ad_campaign, account.days.spend.sum(axis=1))
    caused = np.flatnonzero((cause >= 0) & (orders.created_at < until))
    told = np.flatnonzero(is_reported(platform, claims) & (orders.created_at[claims.order] < until))
    by_cause, by_claim = of_visit[cause[caused]], of_visit[claims.ad_visit[told]]
    value = orders.subtotal[claims.order[told]] * claims.share[told]
    return {
        "platform": _named(platform.name, count),
        "scope": _named(scope, count),
        "campaign_id": digits(account.campaign_ids),
        "campaign_name": pa.array(platform.campaigns),
        "visits": np.bincount(of_visit[seen.at < until], minlength=count),
        "spend_cents": spend[:, account.calendar.starts[1:] <= until].sum(axis=1),
        "orders_caused": np.bincount(by_cause, minlength=count),
        "value_caused_cents": sum_by(by_cause, orders.subtotal[caused], count),
        "orders_claimed": np.bincount(by_claim, claims.share[told], minlength=count),
        "value_claimed_cents": np.bincount(by_claim, value, minlength=count),
    }


def _stacked(rows: list[Table]) -> Table:
    return {
        name: pa.concat_arrays([row[name] for row in rows]) if isinstance(rows[0][name], pa.Array)
        else np.concatenate([row[name] for row in rows])
        for name in rows[0]
    }  # fmt: skip
