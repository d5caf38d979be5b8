"""What people do, day by day: e-mails arrive and are clicked, people visit, and some of them buy.

A loop over days; inside a day everything is arrays over people, profiles and visits. Whether a person buys depends
on the exposures so far (see channels.py), never on orders made before; so taking a channel away would take away
exactly the orders that it is named as the cause of, on average: the cause of each order is drawn in proportion to
the shares of the hazard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sandbox.brand import words
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.channels import BASELINE, CHANNELS, DIRECT, EMAIL, ORGANIC, PAID_SEARCH
from sandbox.brand.people import People
from sandbox.brand.subscribers import Mailings, Subscribers

WEEKDAY = np.array([1.15, 0.95, 0.9, 0.92, 1.0, 1.05, 1.18])
HOURS = np.array([3, 1.5, 1, 0.7, 0.6, 0.8, 1.5, 3, 4, 4.5, 5, 5.5, 6, 5.8, 5.2, 5, 5, 5.4, 6, 7, 8, 8, 7, 5])


@dataclass
class Visits:
    """One entry a web session, ordered by start."""

    person: Ints
    start: Ints
    channel: Ints
    campaign: Ints
    """Index of the e-mail campaign, -1 for other channels."""
    ordered: Bools
    guest: Bools
    cause: Ints
    signs_up: Bools

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class _Days:
    """What the loop has collected so far."""

    columns: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, **columns: np.ndarray) -> None:
        for name, values in columns.items():
            self.columns.setdefault(name, []).append(values)

    def visits(self) -> Visits:
        joined = {name: np.concatenate(parts) for name, parts in self.columns.items()}
        order = np.lexsort((joined["person"], joined["start"]))
        return Visits(**{name: values[order] for name, values in joined.items()})


def live(
    basis: Basis, people: People, subscribers: Subscribers, mailings: Mailings, progress: Callable[[str], None]
) -> Visits:
    """Let the days pass. Fills in accounts (people), subscriptions (subscribers) and sends (mailings)."""
    rng = basis.rng("behaviour")
    rates = _visit_rates(rng, people)
    uplift = np.array([channel.uplift for channel in CHANNELS])
    decay = np.array([0.5 ** (1 / channel.half_life) for channel in CHANNELS])
    exposure = np.zeros((people.count, len(CHANNELS)))
    offset = np.array([city[4] for city in words.CITIES])[people.city]
    days = _Days()
    for day in range(basis.span_days):
        season = WEEKDAY[day % 7] * (1 + 0.12 * np.sin(day / 20))
        clicks = mailings.send(day, subscribers, rng)
        counts = rng.poisson(rates * season)
        flat = np.repeat(np.arange(counts.size), counts.ravel())
        person = np.concatenate([flat // len(CHANNELS), subscribers.person[clicks.profile]])
        channel = np.concatenate([flat % len(CHANNELS), np.full(len(clicks.profile), EMAIL)])
        campaign = np.concatenate([np.full(len(flat), -1), clicks.campaign])
        start = np.concatenate([_moments(rng, day, offset[flat // len(CHANNELS)]), clicks.at])

        exposure *= decay
        np.add.at(exposure, (person, channel), 1.0)
        np.minimum(exposure, 1.0, out=exposure)
        pull = exposure * uplift
        hazard = people.hazard * season * (1 + pull.sum(axis=1))
        buys = rng.random(people.count) < -np.expm1(-hazard)
        buyers = np.flatnonzero(buys)
        joins = subscribers.joining_on(day)

        # who buys or signs up without a visit today comes by directly or through an organic search
        visited = np.zeros(people.count, dtype=bool)
        visited[person] = True
        wants = np.unique(np.concatenate([buyers, joins]))
        extra = wants[~visited[wants]]
        person = np.concatenate([person, extra])
        channel = np.concatenate([channel, np.where(rng.random(len(extra)) < 0.6, DIRECT, ORGANIC)])
        campaign = np.concatenate([campaign, np.full(len(extra), -1)])
        start = np.concatenate([start, _moments(rng, day, offset[extra])])

        last = _last_visit(people.count, person, start)
        ordered, guest, signs_up = (np.zeros(len(person), dtype=bool) for _ in range(3))
        cause = np.full(len(person), -1)
        ordered[last[buyers]] = True
        cause[last[buyers]] = _causes(rng, pull[buyers])
        no_account = people.account_at[buyers] == NEVER
        as_guest = people.always_guest[buyers] | (rng.random(len(buyers)) < np.where(no_account, 0.38, 0.2))
        guest[last[buyers]] = as_guest
        signs_up[last[joins]] = True
        subscribers.join(joins, start[last[joins]] + 25)
        new = buyers[no_account & ~as_guest]
        people.account_at[new] = start[last[new]] + 60
        subscribers.open_accounts(new, people.account_at[new], rng)
        days.add(
            person=person, start=start, channel=channel, campaign=campaign,
            ordered=ordered, guest=guest, cause=cause, signs_up=signs_up,
        )  # fmt: skip
        if day % 30 == 29:
            progress(f"simulated {day + 1} of {basis.span_days} days")
    return days.visits()


def _visit_rates(rng: np.random.Generator, people: People) -> Floats:
    """Visits per day, person x channel. People who buy more also search more: what fools a last-click report."""
    taste = rng.gamma(0.8, 1 / 0.8, (people.count, len(CHANNELS)))
    rates = taste * np.array([channel.visits for channel in CHANNELS]) * people.activity[:, None]
    keen = people.hazard / people.hazard[~people.staff].mean()
    rates[:, PAID_SEARCH] *= 0.4 + 0.6 * np.minimum(keen, 4)
    rates[people.staff] = 0
    return rates


def _moments(rng: np.random.Generator, day: int, offset: Ints) -> Ints:
    """Seconds at which visits start on a UTC day, by the local habit of the hours."""
    hour = rng.choice(24, size=len(offset), p=HOURS / HOURS.sum())
    return day * DAY + ((hour - offset) % 24) * 3_600 + rng.integers(0, 3_600, len(offset))


def _last_visit(people: int, person: Ints, start: Ints) -> Ints:
    """Row of each person's last visit of the day (-1 without one)."""
    order = np.lexsort((start, person))
    last = np.full(people, -1)
    last[person[order]] = order
    return last


def _causes(rng: np.random.Generator, pull: Floats) -> Ints:
    """The cause of each order: a channel with the share of its pull in the hazard, else the baseline."""
    edges = np.cumsum(pull, axis=1) / (1 + pull.sum(axis=1, keepdims=True))
    cause = (rng.random(len(pull))[:, None] >= edges).sum(axis=1)
    return np.where(cause == len(CHANNELS), BASELINE, cause)
