"""How store orders were paid and what was paid back: cards with a fingerprint that stays, cash, refunds.

A refund of goods belongs to the order of the return; one that only soothes belongs to the sale itself and stands on no
order's lines. What an exchange costs beyond the returned goods is paid, what it costs less is refunded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.people import People
from sandbox.brand.store_orders import CANCELED, CARD, COMPLETED, LATE, SALE, StoreOrders
from sandbox.brand.texts import digits, join, letter_token, take

PAID, VOIDED, DECLINED = range(3)
STATUS = ("COMPLETED", "CANCELED", "FAILED")
BRANDS = ("VISA", "MASTERCARD", "AMERICAN_EXPRESS", "DISCOVER")
REASONS = ("Returned goods", "Goodwill")
COUPLES = 0.3
"""Share of two-person starts of a household in which both pay with one card."""


@dataclass
class Payments:
    """One entry an attempt to pay, then the refunds. Amounts are cents without the tip."""

    order: Ints
    status: Ints
    card: Ints
    """Number of the card, -1 for cash."""
    at: Ints
    amount: Ints
    tip: Ints
    fee: Ints
    fee_at: Ints
    refund_order: Ints
    refund_payment: Ints
    """-1 for a refund without a payment."""
    refund_goods: Bools
    refund_at: Ints
    refund_done_at: Ints
    refund_amount: Ints
    refund_card: Ints

    def __len__(self) -> int:
        return len(self.order)


def make_cards(basis: Basis, people: People) -> tuple[Ints, Ints]:
    """The one or two cards of each person; a card is numbered by who holds it, and some couples use one."""
    rng = basis.rng("store cards")
    n = people.count
    first = np.arange(n) * 2
    second = people.place_in_household == 1
    shares = second & (rng.random(n) < COUPLES) & (np.roll(people.household, 1) == people.household)
    first = np.where(shares, first - 2, first)
    other = np.where(rng.random(n) < 0.45, np.arange(n) * 2 + 1, first)
    return first, other


def make_payments(basis: Basis, people: People, orders: StoreOrders) -> tuple[Payments, Ints]:
    """Payments, and the card each order's buyer held (-1 for cash)."""
    rng = basis.rng("store payments")
    first, other = make_cards(basis, people)
    n = len(orders)
    card = np.where(rng.random(n) < 0.75, first[orders.person], other[orders.person])
    source = np.maximum(orders.source, 0)
    card = np.where(orders.source >= 0, card[source], card)
    card = np.where(orders.method == CARD, card, -1)
    net = orders.total - orders.returned

    paid = np.flatnonzero(np.isin(orders.state, (COMPLETED, LATE)) & (net > 0))
    declined = paid[(orders.kind[paid] == SALE) & ~orders.offline[paid] & (card[paid] >= 0)]
    declined = declined[rng.random(len(declined)) < 0.012]
    voided = np.flatnonzero((orders.state == CANCELED) & (card >= 0))
    order = np.concatenate([paid, declined, voided])
    status = np.repeat([PAID, DECLINED, VOIDED], [len(paid), len(declined), len(voided)])
    end = orders.closed_at[order]
    at = np.where(status == PAID, end - 2, np.where(status == DECLINED, end - 20, orders.created_at[order] + 60))
    tip = np.where(status == PAID, orders.tip[order], 0)
    amount = net[order] - orders.tip[order]
    charged = (status == PAID) & (card[order] >= 0)

    payment_of = np.full(n, -1)
    payment_of[paid] = np.arange(len(paid))
    back = np.flatnonzero((orders.kind != SALE) & (net < 0))
    soothed = np.flatnonzero(orders.soothed)
    refund_order = np.concatenate([back, soothed])
    goods = np.arange(len(refund_order)) < len(back)
    paying = np.where(goods, orders.source[refund_order], refund_order)
    refund_payment = np.where(paying >= 0, payment_of[np.maximum(paying, 0)], -1)
    gift = np.minimum(rng.integers(3, 13, len(refund_order)) * 100, net[refund_order] // 2)
    refund_at = np.where(
        goods,
        orders.closed_at[refund_order] - 1,
        orders.closed_at[refund_order] + rng.integers(DAY, 9 * DAY, len(goods)),
    )
    refund_card = card[refund_order]
    waits = np.where(refund_card >= 0, rng.integers(300, 2_400, len(goods)), 0)
    return Payments(
        order=order,
        status=status,
        card=card[order],
        at=at,
        amount=amount,
        tip=tip,
        fee=np.where(charged, ((amount + tip) * 26 + 500) // 1_000 + 15, 0),
        fee_at=np.where(charged, at + rng.integers(16 * 3_600, 30 * 3_600, len(order)), NEVER),
        refund_order=refund_order,
        refund_payment=refund_payment,
        refund_goods=goods,
        refund_at=refund_at,
        refund_done_at=refund_at + waits,
        refund_amount=np.where(goods, -net[refund_order], gift),
        refund_card=refund_card,
    ), card


def fingerprint(basis: Basis, card: Ints) -> pa.Array:
    """What stays the same whenever a card is used; null for cash."""
    token = join("sq-1-", letter_token(np.maximum(card, 0), basis.salt("card fingerprint"), 48))
    return pa.compute.if_else(pa.array(card >= 0), token, pa.scalar(None, pa.string()))


def card_columns(basis: Basis, card: Ints) -> dict[str, pa.Array]:
    """Brand, digits and expiry of each card; null for cash."""
    held = card >= 0
    draw = (np.maximum(card, 0) * 2_654_435_761 + basis.salt("card digits")) % 1_000_003
    number = np.where(held, draw, -1)
    brand = np.where(held, np.array([0, 0, 0, 1, 1, 2, 3])[draw % 7], -1)
    return {
        "card_fingerprint": fingerprint(basis, card),
        "card_brand": take(BRANDS, brand),
        "card_last_4": pa.compute.if_else(pa.array(held), digits(draw % 10_000, 4), pa.scalar(None, pa.string())),
        "card_bin": take(("411111", "545454", "378282", "601111"), brand),
        "card_exp_month": pa.array(1 + number % 12, mask=~held),
        "card_exp_year": pa.array(2027 + number % 5, mask=~held),
    }
