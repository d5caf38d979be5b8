"""What an ad platform claims of the shop's orders, and what its ads truly caused.

It claims every order that follows a click within the window, and some also those of people who were merely shown an ad
the day before; it reports a claim on the day of the click or the view, some of them days later. The cause of an
order is known from behaviour.py: most of what is claimed would have been bought anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.ad_platforms import Platform
from sandbox.brand.ads import AdVisits, Calendar
from sandbox.brand.basis import DAY, Basis, Bools, Floats, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.shop import Shop
from sandbox.brand.texts import uniform

HAS_ACCOUNT = 0.7
LATE, SEEN_BY_PIXEL = 0.15, 0.9


@dataclass
class Claims:
    """One entry a claim; ``ad_visit`` is the visit (or for a view one of that day) whose ad gets it."""

    order: Ints
    ad_visit: Ints
    day: Ints
    is_view: Bools
    delay: Ints
    """Seconds from the click or the view to the order."""
    by_pixel: Bools
    told_at: Ints
    share: Floats
    """The part of the order that is claimed: less than 1 where two ads share it."""

    def __len__(self) -> int:
        return len(self.order)


def has_account(basis: Basis, platform: Platform, people: int) -> Bools:
    """Who of the people is on the platform."""
    return uniform(np.arange(people), basis.salt(f"{platform.name} accounts")) < HAS_ACCOUNT


def newest_before(person: Ints, at: Ints, asked_person: Ints, asked_at: Ints, span: int) -> Ints:
    """Row of each asked person's newest entry up to a moment (-1 without one). ``at`` lies in [0, span)."""
    key = person * span + at
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], asked_person * span + asked_at, side="right") - 1
    row = np.where(place >= 0, order[np.maximum(place, 0)], -1)
    return np.where((row >= 0) & (person[row] == asked_person), row, -1)


def make_claims(shop: Shop, platform: Platform, calendar: Calendar, seen: AdVisits) -> Claims:
    """Claim orders by click and by view; nobody claims the shop's test orders."""
    basis, orders = shop.basis, shop.orders
    rng = basis.rng(f"{platform.stream}ad claims")
    real = np.flatnonzero(~orders.test & (orders.created_at < basis.end))
    person, created = orders.person[real], orders.created_at[real]
    span = basis.end + 1

    last = newest_before(seen.person, seen.at, person, created, span)
    since = np.where(last >= 0, created - seen.at[last], basis.end)
    clicked = since < platform.most_click_days * DAY

    viewed_at = created - rng.integers(1_800, DAY, len(real))
    day = calendar.day(viewed_at)
    # by an ad that somebody clicked on that day, so that it surely ran
    first, after = np.searchsorted(seen.day, day), np.searchsorted(seen.day, day, side="right")
    pick = np.minimum(first + (rng.random(len(real)) * (after - first)).astype(np.int64), max(len(seen) - 1, 0))
    shown = has_account(basis, platform, shop.people.count)[person] & (rng.random(len(real)) < platform.shown)
    shown &= (since >= platform.click_days * DAY) & (after > first) & (viewed_at >= 0)

    order = np.concatenate([real[clicked], real[shown]])
    ad_visit = np.concatenate([last[clicked], pick[shown]])
    claim_day = np.concatenate([seen.day[last[clicked]], day[shown]])
    lag = rng.integers(600, 6 * 3_600, len(order))
    late = rng.random(len(order)) < LATE
    lag = np.where(late, rng.integers(DAY, 20 * DAY, len(order)), lag)
    settled = calendar.starts[claim_day + 1] + platform.settles_after_days * DAY
    whole = Claims(
        order=order,
        ad_visit=ad_visit,
        day=claim_day,
        is_view=np.repeat([False, True], [int(clicked.sum()), int(shown.sum())]),
        delay=np.concatenate([since[clicked], (created - viewed_at)[shown]]),
        by_pixel=rng.random(len(order)) < SEEN_BY_PIXEL,
        told_at=np.minimum(orders.created_at[order] + lag, settled - 1),
        share=np.ones(len(order)),
    )
    return _halved(whole, shop, platform, calendar, seen) if platform.splits else whole


def _halved(claims: Claims, shop: Shop, platform: Platform, calendar: Calendar, seen: AdVisits) -> Claims:
    """Give half of an order to the click before the claiming one, where there was one within the window."""
    newer, span = claims.ad_visit, shop.basis.end + 1
    before = newest_before(seen.person, seen.at, seen.person[newer], np.maximum(seen.at[newer] - 1, 0), span)
    delay = shop.orders.created_at[claims.order] - seen.at[before]
    shared = (before >= 0) & (before != newer) & (delay < platform.click_days * DAY)
    settled = calendar.starts[seen.day[before] + 1] + platform.settles_after_days * DAY

    def both(values: Ints, more: Ints | None = None) -> Ints:
        return np.concatenate([values, (values if more is None else more)[shared]])

    half = np.where(shared, 0.5, 1.0)
    return Claims(
        order=both(claims.order),
        ad_visit=both(newer, before),
        day=both(claims.day, seen.day[before]),
        is_view=np.concatenate([claims.is_view, claims.is_view[shared]]),
        delay=both(claims.delay, delay),
        by_pixel=np.concatenate([claims.by_pixel, claims.by_pixel[shared]]),
        told_at=both(claims.told_at, np.minimum(claims.told_at, settled - 1)),
        share=np.concatenate([half, half[shared]]),
    )


def is_reported(platform: Platform, claims: Claims) -> Bools:
    """Claims within the account's own window: some days after a click, one day after a view."""
    return claims.is_view | (claims.delay < platform.click_days * DAY)


def causing_ad_visit(shop: Shop, platform: Platform, visits: Visits, seen: AdVisits) -> Ints:
    """Per order the visit of ``seen`` that caused it, -1 for another cause.

    The cause is known by channel; of the person's visits through it, the newest has the largest part.
    """
    orders, days = shop.orders, shop.basis.span_days + 1
    paid = np.flatnonzero(visits.channel == platform.channel)
    newest = newest_before(
        visits.person[paid], visits.start[paid] // DAY, orders.person, visits.start[orders.visit] // DAY, days
    )
    of_visit = np.full(len(visits), -1)
    of_visit[seen.visit] = np.arange(len(seen))
    caused = (visits.cause[orders.visit] == platform.channel) & (newest >= 0) & ~orders.test
    return np.where(caused, of_visit[paid[np.maximum(newest, 0)]], -1)
