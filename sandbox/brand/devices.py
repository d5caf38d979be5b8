"""Browsers: who owns them, who else uses them, and when they forget who they are.

First the people's own, then what takes the place of those whose cookies are lost (a new anonymous id), then a tablet of
each store, on which many people log in, then the shop's app on a phone. A browser's number is its anonymous id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sandbox.brand import words
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.channels import DIRECT
from sandbox.brand.paper import scanned, typed
from sandbox.brand.people import People

TABLET = 6
TABLET_SIGNS_IN = 0.8
HAVE_THE_APP = 0.22
VISIT_IN_APP = 0.6
"""Of the visits that come by themselves, of people who have the app."""


@dataclass
class Devices:
    """Arrays with one entry a browser."""

    owner: Ints
    """-1 for a store's tablet."""
    shared: Bools
    agent: Ints
    skew: Ints
    blocks: Bools
    advertising: Ints
    analytics: Ints
    ip: Ints
    signs_in: Floats
    signs_in_from: Ints
    reset_at: Ints
    successor: Ints
    """The browser that takes its place at ``reset_at``; itself for most."""
    tablet_near: Ints
    """By person: the tablet of the store they live near, -1 without one."""
    app: Ints
    """By person: the app on their phone, -1 without it."""
    app_since: Ints
    installs: Bools
    """Apps that are installed within the history, and tell so at their first visit."""

    def is_app(self, device: Ints) -> Bools:
        """Which are apps; what bots use is numbered behind all of these."""
        first = np.where(self.app >= 0, self.app, len(self.owner)).min(initial=len(self.owner))
        return (device >= first) & (device < len(self.owner))


def make_devices(basis: Basis, people: People, near_store: Ints) -> Devices:
    """Draw the browsers; a shared one is a tablet on which people sign in. ``near_store``: by person, -1 for none."""
    rng = basis.rng("devices")
    owner = np.repeat(np.arange(people.count), people.device_count)
    n = len(owner)
    shared = np.zeros(n, dtype=bool)
    shared[people.shared_device[people.shared_device >= 0]] = True
    skewed = rng.random(n) < 0.03
    agent = np.where(shared, TABLET, rng.integers(0, words.FIRST_BOT, n))
    skew = np.where(skewed, rng.integers(-3 * 3_600, 3 * 3_600, n), 0)
    blocks = (rng.random(n) < 0.06) & ~shared
    advertising = rng.choice(3, size=n, p=(0.70, 0.22, 0.08))
    analytics = rng.choice(3, size=n, p=(0.90, 0.04, 0.06))
    ip_of = rng.integers(0, 1 << 16, people.count)[people.household]
    ip = ip_of[owner]
    signs_in = np.where(shared, 0.75, rng.choice([0.0, 0.5], size=n, p=(0.45, 0.55)))

    late = rng.random(n) < basis.share("late_logins")
    late_from = (rng.uniform(0.4, 0.9, n) * basis.days).astype(np.int64) * DAY
    resets = np.flatnonzero((rng.random(n) < basis.share("cookie_resets")) & ~blocks)
    stores = int(near_store.max(initial=-1)) + 1
    # a browser after a reset is the one before; a tablet is new
    rows = np.concatenate([np.arange(n), resets])
    own = np.zeros(stores, dtype=np.int64)
    reset_at = np.full(len(rows) + stores, NEVER)
    reset_at[resets] = rng.integers(5 * DAY, (basis.days + 10) * DAY, len(resets))
    successor = np.arange(len(rows) + stores)
    successor[resets] = n + np.arange(len(resets))
    browsers = Devices(
        owner=np.concatenate([owner[rows], own - 1]),
        shared=np.concatenate([shared[rows], own == 0]),
        agent=np.concatenate([agent[rows], own + TABLET]),
        skew=np.concatenate([skew[rows], own]),
        blocks=np.concatenate([blocks[rows], own > 0]),
        advertising=np.concatenate([advertising[rows], own + 2]),
        analytics=np.concatenate([analytics[rows], own]),
        ip=np.concatenate([ip[rows], 40_000 + np.arange(stores)]),
        signs_in=np.concatenate([signs_in[rows], own + TABLET_SIGNS_IN]),
        signs_in_from=np.concatenate([np.where(late, late_from, -1)[rows], own - 1]),
        reset_at=reset_at,
        successor=successor,
        tablet_near=np.where(near_store >= 0, len(rows) + near_store, -1),
        app=np.full(people.count, -1),
        app_since=np.full(people.count, NEVER),
        installs=np.zeros(len(rows) + stores, dtype=bool),
    )
    return _with_apps(basis, browsers, people, ip_of)


def _with_apps(basis: Basis, browsers: Devices, people: People, ip: Ints) -> Devices:
    """The app on the phones of some, behind all browsers; half of them had it before the first day."""
    rng, known = basis.rng("apps"), len(browsers.owner)
    has_it = (rng.random(people.count) < HAVE_THE_APP) & ~people.staff
    since = np.where(
        rng.random(people.count) < 0.5,
        -rng.integers(DAY, 300 * DAY, people.count),
        rng.integers(0, basis.end, people.count),
    )
    owner = np.flatnonzero(has_it)
    n, app = len(owner), np.full(people.count, -1)
    app[owner] = known + np.arange(n)
    added = {
        "owner": owner,
        "shared": np.zeros(n, dtype=bool),
        "agent": words.FIRST_APP + rng.integers(0, 2, n),
        "skew": np.zeros(n, dtype=np.int64),
        "blocks": np.zeros(n, dtype=bool),
        "advertising": rng.choice(3, size=n, p=(0.45, 0.45, 0.10)),
        "analytics": rng.choice(3, size=n, p=(0.90, 0.04, 0.06)),
        "ip": ip[owner],
        "signs_in": np.zeros(n),
        "signs_in_from": np.full(n, -1),
        "reset_at": np.full(n, NEVER),
        "successor": app[owner],
        "installs": since[owner] >= 0,
    }
    columns = {name: np.concatenate([getattr(browsers, name), values]) for name, values in added.items()}
    return replace(browsers, **columns, app=app, app_since=np.where(has_it, since, NEVER))


def choose_devices(basis: Basis, people: People, devices: Devices, visits: Visits) -> Ints:
    """A browser of each visit: the first most often, at times a household's shared one or a store's tablet."""
    rng = basis.rng("chosen devices")
    person = visits.person
    weights = np.array([[1.0, 1.0, 1.0], [0.66, 1.0, 1.0], [0.58, 0.88, 1.0]])[people.device_count[person] - 1]
    device = people.first_device[person] + (rng.random(len(person))[:, None] >= weights).sum(axis=1)
    shares = (people.shared_device[person] >= 0) & (rng.random(len(person)) < 0.55)
    device = np.where(shares, people.shared_device[person], device)
    device = np.where(devices.reset_at[device] <= visits.start, devices.successor[device], device)
    tablet = devices.tablet_near[person]
    in_store = (tablet >= 0) & (rng.random(len(person)) < basis.share("store_tablets")) & ~people.staff[person]
    return np.where(in_store, tablet, device)


def choose_apps(basis: Basis, devices: Devices, visits: Visits, browser: Ints) -> Ints:
    """The device of each visit: the app for some of those that come by themselves, else its browser as chosen."""
    in_app = (devices.app_since[visits.person] <= visits.start) & (visits.channel == DIRECT)
    in_app &= basis.rng("visits in the app").random(len(visits)) < VISIT_IN_APP
    for on_paper, _ in (scanned(basis, visits), typed(basis, visits)):
        in_app[on_paper] = False
    return np.where(in_app & (devices.owner[browser] >= 0), devices.app[visits.person], browser)
