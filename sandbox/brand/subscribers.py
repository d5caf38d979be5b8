"""Who gets the e-mails, and what becomes of each e-mail.

A person has up to two profiles in the e-mail tool: the main one (e-mail of the shop account, made by the shop's sync
or by a newsletter sign-up) and one for a second address, made by a newsletter sign-up alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.people import People

SEND_HOUR = 14
SEND_WEEKDAYS = (2, 4, 6)
NAMES = ("New in", "Linen week", "Back in stock", "Weekend edit", "Members first", "Care guide", "Last sizes")


@dataclass
class Subscribers:
    """Possible profiles: row i is person i's main one, row count + i the one of the second address."""

    count: int
    person: Ints
    created_at: Ints
    subscribed_at: Ints
    unsubscribed_at: Ints
    bounced_at: Ints
    linked_at: Ints
    joins_on: Ints
    joins_second: Bools
    synced: Bools

    @property
    def exists(self) -> Bools:
        """Which of the possible profiles are ever made."""
        return self.created_at < NEVER

    def joining_on(self, day: int) -> Ints:
        """People who sign up for the newsletter on this day."""
        return np.flatnonzero(self.joins_on == day)

    def join(self, people: Ints, at: Ints) -> None:
        """Sign people up for the newsletter at a moment each."""
        row = np.where(self.joins_second[people], people + self.count, people)
        self.created_at[row] = np.minimum(self.created_at[row], at)
        self.subscribed_at[row] = np.where(self.subscribed_at[row] == NEVER, at, self.subscribed_at[row])

    def open_accounts(self, people: Ints, at: Ints, rng: np.random.Generator) -> None:
        """The shop's sync makes or links the main profile of a new account, if it does."""
        row = people[self.synced[people]]
        moment = at[self.synced[people]] + 240
        self.created_at[row] = np.minimum(self.created_at[row], moment)
        self.linked_at[row] = moment
        accepts = (rng.random(len(row)) < 0.6) & (self.subscribed_at[row] == NEVER)
        self.subscribed_at[row] = np.where(accepts, moment, self.subscribed_at[row])


def make_subscribers(basis: Basis, people: People) -> Subscribers:
    """Draw who has which profile before the first day, and who will sign up on which day."""
    rng = basis.rng("subscribers")
    n = people.count
    person = np.concatenate([np.arange(n), np.arange(n)])
    created, subscribed, linked = (np.full(2 * n, NEVER) for _ in range(3))
    synced = (rng.random(n) < 0.76) & ~people.staff
    old = (people.account_at < 0) & synced
    created[:n][old] = people.account_at[old] + 240
    linked[:n][old] = created[:n][old]
    old_reader = (people.account_at == NEVER) & (rng.random(n) < 0.27) & ~people.staff
    created[:n][old_reader] = -rng.integers(30 * DAY, 700 * DAY, n)[old_reader]
    second = people.has_second & (rng.random(n) < 0.84)
    created[n:][second] = -rng.integers(30 * DAY, 700 * DAY, n)[second]
    accepts = (rng.random(2 * n) < 0.74) & (created < NEVER)
    subscribed[accepts] = created[accepts]

    joins = (rng.random(n) < 0.34) & ~people.staff
    joins_second = people.has_second & (rng.random(n) < 0.3)
    gone = accepts & (rng.random(2 * n) < 0.06)
    unsubscribed = np.where(gone, -rng.integers(DAY, 25 * DAY, 2 * n), NEVER)
    return Subscribers(
        count=n,
        person=person,
        created_at=created,
        subscribed_at=subscribed,
        unsubscribed_at=unsubscribed,
        bounced_at=np.full(2 * n, NEVER),
        linked_at=linked,
        joins_on=np.where(joins, rng.integers(0, basis.span_days, n), -1),
        joins_second=joins_second,
        synced=synced,
    )


@dataclass
class Clicks:
    """The clicks of a day: which profile, which campaign, when."""

    profile: Ints
    campaign: Ints
    at: Ints


@dataclass
class Mailings:
    """Campaigns and what they led to: one entry per e-mail sent; a time is NEVER for what did not happen."""

    campaign_day: Ints
    sends: dict[str, list[np.ndarray]] = field(default_factory=dict)

    @property
    def campaigns(self) -> int:
        """How many campaigns the world has."""
        return len(self.campaign_day)

    def send(self, day: int, subscribers: Subscribers, rng: np.random.Generator) -> Clicks:
        """Send this day's campaign, if there is one. Clicks fall on the same day."""
        campaign = int(np.searchsorted(self.campaign_day, day))
        if campaign == self.campaigns or self.campaign_day[campaign] != day:
            none = np.zeros(0, dtype=np.int64)
            return Clicks(none, none, none)
        at = day * DAY + SEND_HOUR * 3_600
        listening = (
            (subscribers.subscribed_at < at) & (subscribers.unsubscribed_at > at) & (subscribers.bounced_at > at)
        )
        profile = np.flatnonzero(listening & (rng.random(len(listening)) < 0.85))
        n = len(profile)
        received = at + rng.integers(0, 1_500, n)
        bounced = rng.random(n) < 0.004
        opened = (rng.random(n) < 0.38) & ~bounced
        opened_at = received + 20 + np.minimum(rng.exponential(9_000, n).astype(np.int64), 28_000)
        clicked = opened & (rng.random(n) < 0.13)
        clicked_at = opened_at + 8 + rng.integers(0, 120, n)
        left = opened & (rng.random(n) < 0.006)
        left_at = opened_at + 15 + rng.integers(0, 60, n)
        subscribers.bounced_at[profile[bounced]] = received[bounced]
        subscribers.unsubscribed_at[profile[left]] = left_at[left]
        for name, values in (
            ("profile", profile),
            ("campaign", np.full(n, campaign)),
            ("received_at", np.where(bounced, NEVER, received)),
            ("bounced_at", np.where(bounced, received, NEVER)),
            ("opened_at", np.where(opened, opened_at, NEVER)),
            ("clicked_at", np.where(clicked, clicked_at, NEVER)),
            ("left_at", np.where(left, left_at, NEVER)),
        ):
            self.sends.setdefault(name, []).append(values)
        return Clicks(profile[clicked], np.full(int(clicked.sum()), campaign), clicked_at[clicked] + 2)

    def column(self, name: str) -> Ints:
        """One column over all e-mails sent."""
        return np.concatenate(self.sends[name])


def make_mailings(basis: Basis) -> Mailings:
    """Set the calendar of the campaigns."""
    days = np.arange(basis.span_days)
    return Mailings(campaign_day=days[np.isin(days % 7, SEND_WEEKDAYS)])
