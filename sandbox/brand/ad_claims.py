"""What Meta claims of the shop's orders, and what its ads truly caused.

Meta claims every order that follows a click within the window, and orders of people who were merely shown an ad
the day before; it reports a claim on the day of the click or the view, some of them days later. The cause of an
order is known from behaviour.py: most of what is claimed would have been bought anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.ads import SETTLES_AFTER_DAYS, AdVisits, Calendar
from sandbox.brand.basis import DAY, Basis, Bools, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.channels import PAID_SOCIAL
from sandbox.brand.shop import Shop
from sandbox.brand.texts import uniform

MOST_CLICK_DAYS, CLICK_DAYS = 28, 7
HAS_ACCOUNT, SHOWN = 0.7, 0.07
LATE, SEEN_BY_PIXEL = 0.15, 0.9


@dataclass
class Claims:
    """One entry a claimed order; ``ad_visit`` is the visit (or for a view one of that day) whose ad gets it."""

    order: Ints
    ad_visit: Ints
    day: Ints
    is_view: Bools
    delay: Ints
    """Seconds from the click or the view to the order."""
    by_pixel: Bools
    told_at: Ints

    def __len__(self) -> int:
        return len(self.order)


def has_meta_account(basis: Basis, people: int) -> Bools:
    """Who of the people is on Meta's platforms."""
    return uniform(np.arange(people), basis.salt("meta accounts")) < HAS_ACCOUNT


def newest_before(person: Ints, at: Ints, asked_person: Ints, asked_at: Ints, span: int) -> Ints:
    """Row of each asked person's newest entry up to a moment (-1 without one). ``at`` lies in [0, span)."""
    key = person * span + at
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], asked_person * span + asked_at, side="right") - 1
    row = np.where(place >= 0, order[np.maximum(place, 0)], -1)
    return np.where((row >= 0) & (person[row] == asked_person), row, -1)


def make_claims(shop: Shop, calendar: Calendar, seen: AdVisits) -> Claims:
    """Claim orders by click and by view; nobody claims the shop's test orders."""
    basis, orders = shop.basis, shop.orders
    rng = basis.rng("ad claims")
    real = np.flatnonzero(~orders.test & (orders.created_at < basis.end))
    person, created = orders.person[real], orders.created_at[real]
    span = basis.end + 1

    last = newest_before(seen.person, seen.at, person, created, span)
    since = np.where(last >= 0, created - seen.at[last], basis.end)
    clicked = since < MOST_CLICK_DAYS * DAY

    viewed_at = created - rng.integers(1_800, DAY, len(real))
    day = calendar.day(viewed_at)
    # by an ad that somebody clicked on that day, so that it surely ran
    first, after = np.searchsorted(seen.day, day), np.searchsorted(seen.day, day, side="right")
    pick = np.minimum(first + (rng.random(len(real)) * (after - first)).astype(np.int64), max(len(seen) - 1, 0))
    shown = has_meta_account(basis, shop.people.count)[person] & (rng.random(len(real)) < SHOWN)
    shown &= (since >= CLICK_DAYS * DAY) & (after > first) & (viewed_at >= 0)

    order = np.concatenate([real[clicked], real[shown]])
    ad_visit = np.concatenate([last[clicked], pick[shown]])
    claim_day = np.concatenate([seen.day[last[clicked]], day[shown]])
    lag = rng.integers(600, 6 * 3_600, len(order))
    late = rng.random(len(order)) < LATE
    lag = np.where(late, rng.integers(DAY, 20 * DAY, len(order)), lag)
    settled = calendar.starts[claim_day + 1] + SETTLES_AFTER_DAYS * DAY
    return Claims(
        order=order,
        ad_visit=ad_visit,
        day=claim_day,
        is_view=np.repeat([False, True], [int(clicked.sum()), int(shown.sum())]),
        delay=np.concatenate([since[clicked], (created - viewed_at)[shown]]),
        by_pixel=rng.random(len(order)) < SEEN_BY_PIXEL,
        told_at=np.minimum(orders.created_at[order] + lag, settled - 1),
    )


def is_reported(claims: Claims) -> Bools:
    """Claims within the account's own window: seven days after a click, one day after a view."""
    return claims.is_view | (claims.delay < CLICK_DAYS * DAY)


def causing_ad_visit(shop: Shop, visits: Visits, seen: AdVisits) -> Ints:
    """Per order the visit of ``seen`` that caused it, -1 for another cause.

    The cause is known by channel; of the person's visits through it, the newest has the largest part.
    """
    orders, days = shop.orders, shop.basis.span_days + 1
    social = np.flatnonzero(visits.channel == PAID_SOCIAL)
    newest = newest_before(
        visits.person[social], visits.start[social] // DAY, orders.person, visits.start[orders.visit] // DAY, days
    )
    of_visit = np.full(len(visits), -1)
    of_visit[seen.visit] = np.arange(len(seen))
    caused = (visits.cause[orders.visit] == PAID_SOCIAL) & (newest >= 0) & ~orders.test
    return np.where(caused, of_visit[social[np.maximum(newest, 0)]], -1)
