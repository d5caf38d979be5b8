"""What happens inside a visit: products looked at, put into the cart, taken to the checkout.

The lines of the cart are the lines of the order if the visit ends in one; else they are an abandoned cart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.basis import Basis, Bools, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.devices import Devices, choose_apps, choose_devices
from sandbox.brand.people import People
from sandbox.brand.stock_mess import take_another

CART_SHARE = 0.26
CHECKOUT_SHARE = 0.42
CONTACT_SHARE = 0.6


@dataclass
class Baskets:
    """Columns of visits, then the cart lines (``line_visit`` ascending)."""

    device: Ints
    signed_in: Bools
    stays_signed_in: Bools
    """In the app, which asks whoever has an account only once."""
    carted: Bools
    checkout: Bools
    contact: Bools
    lost: Bools
    marketplace: Bools
    """Sold by a marketplace: the shop's pages saw nothing of it, and the buyer's e-mail is masked."""
    views: Ints
    browses: Ints
    searches: Bools
    shows_cart: Bools
    line_visit: Ints
    line_position: Ints
    line_variant: Ints
    line_quantity: Ints
    line_missed: Ints
    """The variant that was wanted but could not be bought, -1 for most lines."""


def fill_baskets(basis: Basis, people: People, devices: Devices, visits: Visits, catalogue: Catalogue) -> Baskets:
    """Decide for every visit the browser, the sign-in, the cart and how far it goes."""
    rng = basis.rng("baskets")
    n = len(visits)
    person = visits.person
    device = choose_devices(basis, people, devices, visits)
    has_account = people.account_at[person] <= visits.start
    wants_account = visits.ordered & ~visits.guest
    signed_in = has_account & (rng.random(n) < devices.signs_in[device])
    signed_in &= visits.start >= devices.signs_in_from[device]
    signed_in |= wants_account & has_account
    signed_in &= ~(visits.ordered & visits.guest)
    device = choose_apps(basis, devices, visits, device)

    carted = visits.ordered | (rng.random(n) < CART_SHARE)
    checkout = visits.ordered | (carted & (rng.random(n) < CHECKOUT_SHARE))
    contact = visits.ordered | (checkout & (rng.random(n) < CONTACT_SHARE))
    wanted = np.where(visits.ordered, rng.choice(4, n, p=(0.60, 0.26, 0.10, 0.04)), rng.choice(2, n, p=(0.78, 0.22)))
    line_visit = np.repeat(np.arange(n), np.where(carted, wanted + 1, 0))
    variant = rng.choice(len(catalogue), len(line_visit), p=catalogue.popularity)
    _, kept = np.unique(line_visit * len(catalogue) + variant, return_index=True)
    kept = np.sort(kept)
    line_visit, variant = line_visit[kept], variant[kept]
    elsewhere = visits.ordered & visits.guest & (rng.random(n) < basis.share("masked_emails")) & ~people.staff[person]
    variant, missed = take_another(basis, catalogue, visits.start, line_visit, variant)
    return Baskets(
        device=device,
        signed_in=signed_in,
        stays_signed_in=devices.is_app(device) & has_account & ~(visits.ordered & visits.guest),
        carted=carted,
        checkout=checkout,
        contact=contact,
        lost=devices.blocks[device] | (rng.random(n) < 0.02) | elsewhere,
        marketplace=elsewhere,
        views=np.where(carted, rng.poisson(0.5, n), rng.poisson(0.9, n)),
        browses=rng.poisson(0.3, n),
        searches=rng.random(n) < 0.06,
        shows_cart=carted & (rng.random(n) < 0.5),
        line_visit=line_visit,
        line_position=np.arange(len(line_visit)) - np.searchsorted(line_visit, line_visit),
        line_variant=variant,
        line_quantity=1 + (rng.random(len(line_visit)) < 0.12).astype(np.int64) * rng.integers(1, 3, len(line_visit)),
        line_missed=missed,
    )
