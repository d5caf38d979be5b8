"""The shop's account with an ad platform: what each of its ads did on each of the account's days.

Every paid visit that carries the platform's marks came from an ad here: the ad of its campaign and creative, on the
publisher that the mark names. Some clicks never arrive, so an ad has more clicks than the shop saw visits. A day is
one of the account's zone, which is neither UTC nor the zone the shop reports in; what the platform says of a day grows
for some weeks and stands still afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand.ad_platforms import Platform
from sandbox.brand.basis import DAY, START, START_SECONDS, Basis, Bools, Floats, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.channels import Landing
from sandbox.brand.texts import uniform

# A day is first told while it runs, then some hours after its end, then once a day.
FIRST_TOLD, TOLD_AFTER_END = 13 * 3_600, 3 * 3_600


@dataclass
class Calendar:
    """The account's days: ``starts[k]`` is the second at which day ``k`` begins, and there is one more than days."""

    starts: Ints

    @property
    def days(self) -> int:
        return len(self.starts) - 1

    def day(self, at: Ints) -> Ints:
        """The account's day of each moment."""
        return np.searchsorted(self.starts, at, side="right") - 1

    def dates(self, day: Ints) -> pa.Array:
        """The date of each day. The first one is the day before the world's first: the world begins at its evening."""
        first = (START.date() - timedelta(days=1)).toordinal() - datetime(1970, 1, 1).toordinal()  # noqa: DTZ001
        return pa.array((first + day).astype(np.int32)).cast(pa.date32())


@dataclass
class AdVisits:
    """Visits that the platform's ads brought, by start."""

    visit: Ints
    person: Ints
    at: Ints
    day: Ints
    ad: Ints
    publisher: Ints

    def __len__(self) -> int:
        return len(self.visit)


@dataclass
class AdDays:
    """The final figures, arrays of (ad, publisher, day); money in cents. ``visits`` are those the shop saw."""

    visits: Ints
    early: Ints
    """Visits before the day is first told."""
    lost_clicks: Ints
    other_clicks: Ints
    impressions: Ints
    frequency: Floats
    spend: Ints

    @property
    def link_clicks(self) -> Ints:
        return self.visits + self.lost_clicks


def make_calendar(basis: Basis, platform: Platform) -> Calendar:
    """The account's days that touch the world."""
    zone = ZoneInfo(platform.zone)
    dates = [START + timedelta(days=day) for day in range(-1, basis.span_days + 1)]
    return Calendar(np.array([int(date.replace(tzinfo=zone).timestamp()) - START_SECONDS for date in dates]))


def make_ad_visits(basis: Basis, platform: Platform, visits: Visits, landing: Landing, calendar: Calendar) -> AdVisits:
    """Find the ad of every visit with the platform's marks. A search ad is named by no link: chance picks it."""
    publisher = platform.mark_publisher[landing.mark[: len(visits)]]
    visit = np.flatnonzero(publisher >= 0)
    first = pc.index(landing.campaigns, platform.campaigns[0]).as_py()
    count = len(platform.creatives)
    named = pc.index_in(landing.content(visit), pa.array(platform.creatives)).fill_null(-1).to_numpy()
    picked = (uniform(visit, basis.salt(f"{platform.stream}ads of visits")) * count).astype(np.int64)
    at = visits.start[visit]
    return AdVisits(
        visit=visit,
        person=visits.person[visit],
        at=at,
        day=calendar.day(at),
        ad=(landing.campaign[visit] - first) * count + np.where(named >= 0, named, picked),
        publisher=publisher[visit],
    )


def make_ad_days(basis: Basis, platform: Platform, calendar: Calendar, seen: AdVisits) -> AdDays:
    """Draw what the ads did around the visits they brought."""
    rng = basis.rng(f"{platform.stream}ads")
    shape, silent = (platform.ads, len(platform.publishers), calendar.days), platform.silent_ads
    visits = _count(shape, seen, np.ones(len(seen), dtype=bool))
    early = _count(shape, seen, seen.at < calendar.starts[seen.day] + FIRST_TOLD)
    # a silent ad did about as well as its neighbours, but nobody who came of it is in the world
    usual = visits.mean(axis=2, keepdims=True)
    usual[silent] = usual[: silent[0]].mean(axis=0)
    runs = np.ones(shape, dtype=bool)
    for ad, one in zip(silent, platform.silent, strict=True):
        runs[ad, :, one.days or calendar.days :] = False
    lost = rng.poisson((0.1 * visits + 0.08 * usual + 0.01) * runs)
    lost[silent] += rng.poisson(usual[silent] * runs[silent])
    link = visits + lost
    other = rng.poisson(0.12 * link)
    views_of_click = rng.uniform(*platform.views_of_click, shape[:2])[:, :, None]
    impressions = rng.poisson((0.6 * link + 0.4 * usual + 0.05) * views_of_click * runs) + link + other
    price = rng.uniform(*platform.click_cents, shape[:2])[:, :, None] * rng.lognormal(0, 0.25, shape)
    return AdDays(
        visits=visits,
        early=early,
        lost_clicks=lost,
        other_clicks=other,
        impressions=impressions,
        frequency=rng.uniform(1.1, 1.6, shape),
        spend=np.rint(link * price + impressions * 0.9).astype(np.int64),
    )


def _count(shape: tuple[int, ...], seen: AdVisits, where: Bools) -> Ints:
    cell = np.ravel_multi_index((seen.ad, seen.publisher, seen.day), shape)[where]
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.int64)


@dataclass
class Told:
    """What the platform says of a cell (ad, publisher, day) from a moment on; a version each, by cell and number."""

    cell: Ints
    number: Ints
    at: Ints
    impressions: Ints
    reach: Ints
    clicks: Ints
    link_clicks: Ints
    spend: Ints


def tell(basis: Basis, platform: Platform, calendar: Calendar, days: AdDays) -> Told:
    """Restate every day: once while it runs, then daily until it is settled; a figure never falls."""
    rng = basis.rng(f"{platform.stream}ads restated")
    cells = np.flatnonzero(days.impressions.ravel() > 0)
    day = cells % calendar.days
    ages = np.arange(platform.settles_after_days)
    moments = np.concatenate(
        [
            (calendar.starts[day] + FIRST_TOLD)[:, None],
            (calendar.starts[day + 1] + TOLD_AFTER_END)[:, None] + ages[None, :] * DAY,
        ],
        axis=1,
    )
    missing = 1 - np.sqrt((ages + 1) / platform.settles_after_days)

    def grow(final: Ints, most: float) -> Ints:
        """Of (n,) final numbers the (n, moments) that are told: a part of them comes later."""
        later = rng.uniform(0.4, 1.0, len(final))[:, None] * most * missing[None, :]
        share = np.concatenate([np.full((len(final), 1), 0.45), 1 - later], axis=1)
        return np.floor(final[:, None] * share + 1e-9).astype(np.int64)

    def cell(values: Ints) -> Ints:
        return values.ravel()[cells]

    arrived = np.repeat(cell(days.visits)[:, None], len(ages) + 1, axis=1)
    arrived[:, 0] = cell(days.early)
    link = arrived + grow(cell(days.lost_clicks), 0.5)
    clicks = link + grow(cell(days.other_clicks), 0.3)
    impressions = np.maximum(grow(cell(days.impressions), 0.06), clicks)
    spend = grow(cell(days.spend), 0.04)
    reach = np.maximum(impressions / days.frequency.ravel()[cells][:, None], impressions > 0).astype(np.int64)
    figures = np.stack([impressions, reach, clicks, link, spend])
    new = np.ones(impressions.shape, dtype=bool)
    new[:, 1:] = np.any(np.diff(figures, axis=2), axis=0)
    new &= (moments < basis.end) & (impressions > 0)
    row, column = np.nonzero(new)
    return Told(
        cells[row],
        np.arange(len(row)) - np.searchsorted(row, row) + 1,
        moments[row, column],
        *(values[row, column] for values in figures),
    )
