"""How an order is sold and leaves: with the tax in its prices, shown in another currency, paid in part with a gift
card, fetched in the shop, sent from the shop, sent in two parcels. Each is a scenario with a stream of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints

CURRENCIES = ("USD", "CAD", "EUR", "GBP")
RATES = np.array([1_000_000, 1_362_000, 921_000, 788_000])
"""Units of the shopper's currency for a million of the shop's dollars, on the first day."""
HELD_FOR = 2 * DAY
"""How long goods are put aside for somebody who will fetch them."""
CARD_VALUES = np.array([1_000, 2_500, 5_000])


@dataclass
class OrderKinds:
    """One entry an order."""

    tax_included: Bools
    currency: Ints
    """Place in CURRENCIES: what the shopper saw; the shop's books are in dollars."""
    rate: Ints
    """Millionths of the shopper's currency for one dollar."""
    gift_card: Ints
    """Cents that a gift card would pay, if the order is dear enough."""
    pickup: Bools
    from_store: Bools
    split: Bools


def rates_of(currency: Ints, day: Ints) -> Ints:
    """Millionths of each currency for one dollar on days since the first; it wanders by two per cent in ten weeks."""
    drift = 1 + 0.02 * np.sin(day / 11 + currency)
    return np.where(currency > 0, np.round(RATES[currency] * drift).astype(np.int64), 1_000_000)


def make_kinds(basis: Basis, created_at: Ints, test: Bools) -> OrderKinds:
    """Draw the kinds of orders placed at ``created_at``; staff's test orders are plain."""
    n = len(created_at)

    def chosen(scenario: str) -> Bools:
        return (basis.rng(scenario).random(n) < basis.share(scenario)) & ~test

    currency = np.where(chosen("other_currencies"), basis.rng("which currency").integers(1, len(CURRENCIES), n), 0)
    worth = CARD_VALUES[basis.rng("gift card values").integers(0, len(CARD_VALUES), n)]
    pickup = chosen("store_pickups")
    return OrderKinds(
        tax_included=chosen("tax_included"),
        currency=currency,
        rate=rates_of(currency, created_at // DAY),
        gift_card=np.where(chosen("gift_card_payments"), worth, 0),
        pickup=pickup,
        from_store=chosen("ship_from_store") & ~pickup,
        split=chosen("split_shipments") & ~pickup,
    )


def held_since(basis: Basis, created_at: Ints, may_be: Bools) -> Ints:
    """When the goods of an order were put aside in the shop, NEVER for most; a few are bought when that is over."""
    rng, n = basis.rng("store_holds"), len(created_at)
    waited = rng.integers(3_600, HELD_FOR + 16 * 3_600, n)
    # what was put aside before the first day lies in no document
    chosen = (rng.random(n) < basis.share("store_holds")) & may_be & (created_at > HELD_FOR + DAY)
    return np.where(chosen, created_at - waited, NEVER)
