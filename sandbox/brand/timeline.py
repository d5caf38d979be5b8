"""The events of every visit in order, as numbers: kind, product, page, moment. Text is made later (web_events.py).

An event's moment is the true time in microseconds; what the browser's clock and the network make of it comes when
the rows are written. Visits of bots are added here: they belong to no person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.basis import Basis, Bools, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.behaviour import Visits
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.channels import (
    AFFILIATE,
    DIRECT,
    PAID_CAMPAIGNS,
    SCANNED,
    UNTAGGED,
    VANITY_PATHS,
    Landing,
    campaign_pool,
    choose_marks,
)
from sandbox.brand.paper import scanned, typed

PAGE, VIEWED, ADDED, CART, CHECKOUT, COMPLETED, SEARCHED = range(7)
WISHED, APP_OPENED, APP_INSTALLED, PUSH_OPENED, SIGN_IN, SIGN_UP, CONTACT = range(7, 14)
EVENT_NAMES = (
    None, "Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed",
    "Products Searched", "Product Added to Wishlist", "Application Opened", "Application Installed",
    "Push Notification Opened", None, None, None,
)  # fmt: skip
FIRST_IDENTIFY = SIGN_IN
PLAIN_PATHS = (*words.COLLECTIONS, "/cart", "/checkout", "/thank-you", "/search", *VANITY_PATHS)
VANITY_PAGE = len(PLAIN_PATHS) - len(VANITY_PATHS)
CART_PATH, CHECKOUT_PATH, THANKS_PATH, SEARCH_PATH = (len(words.COLLECTIONS) + k for k in range(4))


@dataclass
class Timeline:
    """One entry an event, by visit and moment, wishes last (wishes.py). Visits from ``people_visits`` on are bots'."""

    visit: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    variant: npt.NDArray[np.int16]
    quantity: npt.NDArray[np.int8]
    path: npt.NDArray[np.int16]
    landing: Bools
    micros: Ints
    visit_device: Ints
    people_visits: int
    completed_at: Ints
    """Second of the first Order Completed of each visit of a person, -1 without one."""
    checkout_at: Ints
    contact_at: Ints
    ended_at: Ints

    def __len__(self) -> int:
        return len(self.visit)

    def with_more(self, row: Ints, kind: int, later: int) -> Timeline:
        """With events of a kind behind all others: each like the event ``row``, so many microseconds later."""
        return replace(
            self,
            visit=np.append(self.visit, self.visit[row]),
            kind=np.append(self.kind, np.full(len(row), kind, np.int8)),
            variant=np.append(self.variant, self.variant[row]),
            quantity=np.append(self.quantity, self.quantity[row]),
            path=np.append(self.path, self.path[row]),
            landing=np.append(self.landing, np.zeros(len(row), dtype=bool)),
            micros=np.append(self.micros, self.micros[row] + later),
        )


def make_landing(basis: Basis, visits: Visits, bots: Ints, catalogue: Catalogue, slugs: pa.Array) -> Landing:
    """How each visit arrived (bots: directly)."""
    rng = basis.rng("landing")
    channel = np.concatenate([visits.channel, np.full(len(bots), DIRECT)])
    n = len(channel)
    campaigns, place = campaign_pool(slugs)
    campaign = np.concatenate([visits.campaign, np.full(len(bots), -1)])
    for code in PAID_CAMPAIGNS:
        first, count = place[code]
        skewed = np.minimum((rng.random(n) ** 1.6 * count).astype(np.int64), count - 1)
        campaign = np.where(channel == code, first + skewed, campaign)
    to_product = rng.random(n) < np.where(channel == AFFILIATE, 0.2, 0.4)
    product = rng.choice(len(catalogue.product_id), n)
    path = np.where(to_product, len(PLAIN_PATHS) + product, rng.integers(0, len(words.COLLECTIONS), n))
    mark = choose_marks(channel, basis.salt("marks"))
    codes, poster = scanned(basis, visits)
    mark[codes], campaign[codes] = SCANNED[0] + poster, place[DIRECT][0] + poster
    addresses, address = typed(basis, visits)
    mark[addresses], path[addresses] = UNTAGGED, VANITY_PAGE + address
    return Landing(
        mark=mark,
        campaign=campaign,
        path=path,
        campaigns=campaigns,
        paths=pa.concat_arrays([pa.array(PLAIN_PATHS), catalogue.product_paths]),
        salt=basis.salt("clicks"),
    )


def bot_visits(basis: Basis, visits: Visits, devices: int) -> tuple[Ints, Ints]:
    """Start and device of the bots' visits; their devices follow the people's."""
    rng = basis.rng("bots")
    n = max(20, len(visits) // 90)
    bots = max(3, len(visits) // 3_000)
    return np.sort(rng.integers(0, basis.end, n)), devices + rng.integers(0, bots, n)


def make_timeline(
    basis: Basis, visits: Visits, baskets: Baskets, catalogue: Catalogue, bots: tuple[Ints, Ints], landing: Landing
) -> Timeline:
    """Lay out the events of all visits in their order and give each its moment."""
    rng = basis.rng("timeline")
    n, total = len(visits), len(visits) + len(bots[0])
    start = np.concatenate([visits.start, bots[0]])
    all_visits, human = np.arange(total), np.arange(n)
    page_of = len(PLAIN_PATHS) + catalogue.product
    parts: list[tuple[np.ndarray, ...]] = []

    def add(visit: Ints, key: np.ndarray | float, kind: int, variant: Ints | int = -1, quantity: Ints | int = 0,
            path: Ints | int = 0) -> None:  # fmt: skip
        columns = (visit, np.broadcast_to(key, len(visit)) + visit * 8.0, kind, variant, quantity, path)
        types = (np.int32, np.float64, np.int8, np.int16, np.int8, np.int16)
        parts.append(tuple(np.broadcast_to(c, len(visit)).astype(t) for c, t in zip(columns, types, strict=True)))

    add(all_visits, 0.0, PAGE, path=landing.path)
    add(np.flatnonzero(baskets.signed_in), 0.2, SIGN_IN)
    add(np.flatnonzero(visits.signs_up), 0.6, SIGN_UP)
    browse = np.repeat(all_visits, np.concatenate([baskets.browses, rng.integers(3, 9, len(bots[0]))]))
    add(browse, 1 + rng.random(len(browse)), PAGE, path=rng.integers(0, len(words.COLLECTIONS), len(browse)))
    searched = np.flatnonzero(baskets.searches)
    add(searched, 1 + rng.random(len(searched)), SEARCHED, path=SEARCH_PATH)
    extra = np.repeat(human, baskets.views)
    seen_visit = np.concatenate([extra, baskets.line_visit])
    seen = np.concatenate([rng.choice(len(catalogue), len(extra), p=catalogue.popularity), baskets.line_variant])
    key = 1 + rng.random(len(seen))
    add(seen_visit, key, PAGE, path=page_of[seen])
    add(seen_visit, key + 1e-4, VIEWED, seen, 1, page_of[seen])
    put, key_put = baskets.line_variant, key[len(extra) :] + 2e-4
    add(baskets.line_visit, key_put, ADDED, put, baskets.line_quantity, page_of[put])
    add(np.flatnonzero(baskets.shows_cart), 3.0, CART, path=CART_PATH)
    add(np.flatnonzero(baskets.checkout), 4.0, CHECKOUT, path=CHECKOUT_PATH)
    add(np.flatnonzero(baskets.contact & ~baskets.signed_in), 5.0, CONTACT, path=CHECKOUT_PATH)
    buying = np.flatnonzero(visits.ordered)
    add(buying, 6.0, COMPLETED, path=THANKS_PATH)
    reloads = buying[rng.random(len(buying)) < 0.02]
    add(reloads, 7.0, COMPLETED, path=THANKS_PATH)

    visit, key, kind, variant, quantity, path = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(key, kind="stable")
    visit, kind, variant, quantity, path = visit[order], kind[order], variant[order], quantity[order], path[order]
    landed = np.concatenate([[True], visit[1:] != visit[:-1]])
    gap = (1_500_000 + rng.exponential(15_000_000, len(visit))).astype(np.int64)
    gap = np.where(np.isin(kind, (VIEWED, SIGN_IN)), 300_000 + gap // 60, gap)
    gap = np.where(kind == COMPLETED, 75_000_000 + gap, gap)
    gap = np.where(visit >= n, 400_000, gap)
    gap[landed] = 0
    elapsed = np.cumsum(gap)
    first = np.flatnonzero(landed)
    micros = start[visit] * 1_000_000 + elapsed - elapsed[first][np.cumsum(landed) - 1]
    timeline = Timeline(
        visit=visit,
        kind=kind,
        variant=variant,
        quantity=quantity,
        path=path,
        landing=landed,
        micros=micros,
        visit_device=np.concatenate([baskets.device, bots[1]]),
        people_visits=n,
        completed_at=_first(n, visit, micros, kind == COMPLETED),
        checkout_at=_first(n, visit, micros, kind == CHECKOUT),
        contact_at=_first(n, visit, micros, kind == CONTACT),
        ended_at=np.full(n, -1),
    )
    timeline.ended_at[visit[visit < n]] = micros[visit < n] // 1_000_000
    return timeline


def _first(visits: int, visit: Ints, micros: Ints, here: Bools) -> Ints:
    """Second of the first event of a kind by visit, -1 without one."""
    found = np.full(visits, -1)
    rows = np.flatnonzero(here)[::-1]
    found[visit[rows]] = micros[rows] // 1_000_000
    return found
