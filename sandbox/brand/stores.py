"""The two stores that sell over the counter: where they are, when they are open, and who buys what there.

Who lives near a store buys there often, others when they travel. Nothing online makes anybody come: every store sale
is baseline demand. Times of day are the store's own; its zone decides what second of the world that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from sandbox.brand import words
from sandbox.brand.basis import START, Basis, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.orders import allocate, sum_by
from sandbox.brand.people import People


@dataclass(frozen=True)
class Store:
    """One counter. ``nearby`` names the cities whose people come as a habit."""

    location_id: str
    name: str
    zone: str
    address: str
    city: str
    province_code: str
    zip: str
    nearby: tuple[str, ...]

    @property
    def tax_rate(self) -> int:
        """Sales tax in millionths."""
        return next(place[3] for place in words.CITIES if place[:2] == (self.city, self.province_code))


STORES = (
    Store(
        "LMILLSTREET01", "Mill Street shop", "America/Chicago", "410 Mill Street", "Chicago", "IL", "60607",
        ("Chicago", "Springfield"),
    ),
    Store(
        "LPIERMARKET02", "Pier Market stand", "America/Los_Angeles", "12 Pier Market", "Seattle", "WA", "98101",
        ("Seattle", "Spokane", "Portland"),
    ),
)  # fmt: skip
OPENS, CLOSES = 10 * 3_600, 20 * 3_600
NEAR_RATE, FAR_RATE = 0.013, 0.0018
WEEKDAY = np.array([1.1, 0.8, 0.85, 0.9, 1.0, 1.2, 1.35])
CODES = ("Neighbour 10%", "End of season 20%")
PERCENT = np.array([10, 20])


@dataclass
class Sales:
    """One entry a basket at a till, by time; lines ordered by sale and position."""

    person: Ints
    store: Ints
    day: Ints
    at: Ints
    code: Ints
    """Index of the discount, -1 without."""
    line_sale: Ints
    line_variant: Ints
    line_quantity: Ints
    line_price: Ints
    line_discount: Ints
    line_tax: Ints

    def __len__(self) -> int:
        return len(self.person)


def make_sales(basis: Basis, people: People, catalogue: Catalogue) -> Sales:
    """Draw who buys what, when and where."""
    rng = basis.rng("store sales")
    n = people.count
    home = home_store(people)
    rate = np.where(home >= 0, NEAR_RATE, FAR_RATE) * rng.gamma(0.8, 1 / 0.8, n) * ~people.staff
    person = np.repeat(np.arange(n), rng.poisson(rate * basis.span_days))
    sales = len(person)
    store = np.where(rng.random(sales) < 0.6, 0, 1)
    store = np.where((home[person] >= 0) & (rng.random(sales) < 0.95), home[person], store)
    weight = WEEKDAY[np.arange(basis.span_days) % 7]
    day = rng.choice(basis.span_days, sales, p=weight / weight.sum())
    at = open_second(rng, basis, store, day)
    within = at < basis.end
    order = np.flatnonzero(within)[np.lexsort((person[within], at[within]))]
    person, store, day, at = person[order], store[order], day[order], at[order]
    sales = len(person)

    picked = rng.choice(3, sales, p=(0.6, 0.28, 0.12)) + 1
    wanted = np.where(catalogue.gift_card, 0, catalogue.popularity)
    line_sale = np.repeat(np.arange(sales), picked)
    variant = rng.choice(len(catalogue), len(line_sale), p=wanted / wanted.sum())
    line_sale, variant = np.divmod(np.unique(line_sale * len(catalogue) + variant), len(catalogue))
    quantity = rng.choice(3, len(variant), p=(0.86, 0.11, 0.03)) + 1
    code = np.where(rng.random(sales) < 0.15, rng.integers(0, len(CODES), sales), -1)
    percent = np.where(code >= 0, PERCENT[code], 0)
    price = catalogue.price[variant]
    gross = price * quantity
    base = sum_by(line_sale, gross, sales)
    discount = allocate(line_sale, gross, base, (base * percent + 50) // 100)
    return Sales(
        person=person,
        store=store,
        day=day,
        at=at,
        code=code,
        line_sale=line_sale,
        line_variant=variant,
        line_quantity=quantity,
        line_price=price,
        line_discount=discount,
        line_tax=sales_tax(store[line_sale], gross - discount),
    )


def home_store(people: People) -> Ints:
    """The store that each person lives near, -1 without one."""
    names = [place[0] for place in words.CITIES]
    home = np.full(len(names), -1)
    for number, store in enumerate(STORES):
        home[[names.index(city) for city in store.nearby]] = number
    return home[people.city]


def sales_tax(store: Ints, net: Ints) -> Ints:
    """Tax on a line in a store, rounded to the cent."""
    rate = np.array([one.tax_rate for one in STORES])[store]
    return (net * rate + 500_000) // 1_000_000


def store_second(basis: Basis, store: Ints, day: Ints, second: Ints | int) -> Ints:
    """The world's second at which a store's clock shows so many seconds after midnight of a day."""
    midnights: Ints = np.array([_midnights(one.zone, basis.span_days + 40) for one in STORES])
    return midnights[store, np.minimum(day, basis.span_days + 39)] + second


def open_second(rng: np.random.Generator, basis: Basis, store: Ints, day: Ints) -> Ints:
    """Some second of a store's opening hours; the end of the day is busier."""
    second = OPENS + (rng.beta(1.6, 1.3, len(day)) * (CLOSES - OPENS - 600)).astype(np.int64)
    return store_second(basis, store, day, second)


def _midnights(zone: str, days: int) -> list[int]:
    """Local midnights as seconds since the first day, which begins in UTC."""
    utc = ZoneInfo("UTC")
    begin, local = START.replace(tzinfo=utc), ZoneInfo(zone)
    first = datetime(START.year, START.month, START.day, tzinfo=local)
    return [int(((first + timedelta(days=day)).astimezone(utc) - begin).total_seconds()) for day in range(days)]


def spread(rng: np.random.Generator, n: int, shares: Sequence[float]) -> Ints:
    """Kinds 0, 1, .. in exact shares (the rest gets the last kind): small worlds have each kind too."""
    place = (rng.permutation(n) + 0.5) / max(n, 1)
    return np.searchsorted(np.cumsum(shares), place, side="right")
