"""The shop's app on people's phones, and the notifications that it shows (push).

Of the visits of people who have the app, some of those that come by themselves happen in it: nobody visits or buys more
for having it. So it is with notifications: whoever opens one was about to come anyway, so the channel push causes no
order, and the truth's own channel stays direct. All is drawn from streams of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.behaviour import Visits
from sandbox.brand.channels import PUSHED, Landing
from sandbox.brand.devices import Devices
from sandbox.brand.subscribers import Subscribers
from sandbox.brand.texts import digits, flat, join, stamps
from sandbox.brand.timeline import APP_INSTALLED, APP_OPENED, PUSH_OPENED, Timeline

Table = dict[str, object]
PUSH_WEEKDAYS = (1, 3, 5)
PUSH_HOUR = 13
A_MOMENT = 120_000
"""Microseconds from what opened the app to its own word that it is open."""


@dataclass
class Pushes:
    """One entry a notification shown, by campaign and person; and by person when they agreed to it."""

    days: Ints
    """Of each campaign."""
    person: Ints
    campaign: Ints
    received_at: Ints
    opened_at: Ints
    """NEVER for most."""
    visit: Ints
    """The visit that it opened, -1 for most."""
    agreed_at: Ints
    refused_at: Ints

    @property
    def opened(self) -> Bools:
        return self.visit >= 0

    @property
    def slugs(self) -> pa.Array:
        """Name of each campaign, as the app tells it."""
        return join("push_", digits(self.days, 3))

    def may_be_sent(self, person: Ints, at: Ints) -> Bools:
        """Whether each person's phone takes notifications at a moment."""
        return (self.agreed_at[person] <= at) & (at < self.refused_at[person])


def make_pushes(
    basis: Basis, devices: Devices, subscribers: Subscribers, visits: Visits, baskets: Baskets, people: int
) -> Pushes:
    """Three campaigns a week to all who agreed; they have a profile, since the app tells the tool whose phone it is."""
    rng = basis.rng("pushes")
    agrees, turns_off = rng.random(people) < 0.7, rng.random(people) < 0.12
    since = np.maximum(devices.app_since, subscribers.created_at[:people]) + 90
    agreed_at = np.where(agrees & (since < basis.end), since, NEVER)
    refused_at = np.where(turns_off, agreed_at + rng.integers(10 * DAY, 60 * DAY, people), NEVER)
    days = np.flatnonzero(np.isin(np.arange(basis.span_days) % 7, PUSH_WEEKDAYS))
    sent = days * DAY + PUSH_HOUR * 3_600
    campaign, person = np.nonzero((agreed_at <= sent[:, None]) & (sent[:, None] < refused_at))
    shown = rng.random(len(person)) < 0.96
    campaign, person = campaign[shown], person[shown]
    received_at = sent[campaign] + rng.integers(1, 600, len(person))
    visit = _first_visit_after(devices, visits, baskets, person, received_at)
    visit = np.where(rng.random(len(person)) < 0.8, visit, -1)
    opened_at = np.where(visit >= 0, visits.start[visit] - 2, NEVER)
    return Pushes(days, person, campaign, received_at, opened_at, visit, agreed_at, refused_at)


def _first_visit_after(devices: Devices, visits: Visits, baskets: Baskets, person: Ints, received_at: Ints) -> Ints:
    """The first visit in the app that each person began within a day of that moment, not at once; -1 for none."""
    in_app = np.setdiff1d(np.flatnonzero(devices.is_app(baskets.device)), _installs(devices, baskets))
    span = np.int64(1) << np.int64(33)
    key = visits.person[in_app] * span + visits.start[in_app]
    by_key = np.argsort(key)
    key, in_app = key[by_key], in_app[by_key]
    place = np.minimum(np.searchsorted(key, person * span + received_at + 60), len(key) - 1)
    if not len(key):
        return np.full(len(person), -1)
    found = in_app[place]
    fits = (visits.person[found] == person) & (visits.start[found] > received_at + 60)
    return np.where(fits & (visits.start[found] < received_at + DAY), found, -1)


def with_pushes(landing: Landing, pushes: Pushes) -> Landing:
    """The landing in which the visits that a notification opened bear its campaign."""
    mark, campaign, visits = landing.mark.copy(), landing.campaign.copy(), pushes.visit[pushes.opened]
    mark[visits] = PUSHED
    campaign[visits] = len(landing.campaigns) + pushes.campaign[pushes.opened]
    return replace(
        landing, mark=mark, campaign=campaign, campaigns=pa.concat_arrays([landing.campaigns, flat(pushes.slugs)])
    )


def with_app(devices: Devices, baskets: Baskets, pushes: Pushes, timeline: Timeline) -> Timeline:
    """The timeline with what a phone tells of a visit in the app: a visit begins with the app and not with a page."""
    kind = timeline.kind.copy()
    begins = np.full(timeline.people_visits, -1)
    landed = np.flatnonzero(timeline.landing & (timeline.visit < timeline.people_visits))
    begins[timeline.visit[landed]] = landed
    visits = np.flatnonzero(devices.is_app(baskets.device))
    kind[begins[visits]] = APP_OPENED
    installs, opened = _installs(devices, baskets), pushes.visit[pushes.opened]
    kind[begins[installs]] = APP_INSTALLED
    kind[begins[opened]] = PUSH_OPENED
    # what brought the app up is told first, and then that it is open
    row = begins[np.concatenate([installs, opened])]
    return replace(timeline, kind=kind).with_more(row, APP_OPENED, A_MOMENT)


def _installs(devices: Devices, baskets: Baskets) -> Ints:
    """The first visit in each app that is installed within the history; visits are in order of time."""
    visits = np.flatnonzero(devices.is_app(baskets.device))
    device, first = np.unique(baskets.device[visits], return_index=True)
    return visits[first[devices.installs[device]]]


def push_truth(visits: Visits, pushes: Pushes, device: pa.Array) -> dict[str, Table]:
    """One row per visit that a notification opened: its app, when it began and the campaign.

    ``device``: the anonymous id of each visit.
    """
    opened = pushes.opened
    return {
        "push_visits": {
            "anonymous_id": device.take(pa.array(pushes.visit[opened])),
            "started_at": stamps(visits.start[pushes.visit[opened]]),
            "campaign": flat(pushes.slugs).take(pa.array(pushes.campaign[opened])),
        }
    }
