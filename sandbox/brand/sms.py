"""Text messages by Twilio: a notice when an order has left, and what people text back.

A part of the people gets notices, on whatever number they have then, which may be a whole household's. A few answer,
and some text STOP, after which that number gets none any more. What a message costs is known a while after it was sent,
and some are delivered hours late or never. Of all else in the world this part only reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import NEVER, Bools, Ints
from sandbox.brand.people import phone_text
from sandbox.brand.scenario_truth import person_ids
from sandbox.brand.shop import Shop, Table
from sandbox.brand.texts import digits, either, hex_token, join, stamps, take
from sandbox.brand.versions import number_versions

SHARE, ANSWERS, STOPS = 0.2, 0.12, 0.06
LOST, LATE = 0.04, 0.05
NOTICE, THANKS, WHERE, STOP = range(4)
TEXTS = ("", "Thanks!", "When will it be here? I am at work until six", "STOP")
STATUSES = ("sent", "delivered", "undelivered", "received")
SENT, DELIVERED, UNDELIVERED, RECEIVED = range(4)
UNREACHABLE = 30003
PRICE = 790
"""Of a segment, in hundred-thousandths of a dollar."""


@dataclass
class Texts:
    """One entry a message. ``order`` is the row of the order that a notice is about, -1 for what people text."""

    shop: Shop
    person: Ints
    phone: Ints
    order: Ints
    text: Ints
    sent_at: Ints
    done_at: Ints
    """When it was delivered, or known not to be; NEVER if nobody ever says."""
    billed_at: Ints
    is_lost: Bools

    def __len__(self) -> int:
        return len(self.person)

    @property
    def numbers(self) -> pa.Array:
        return phone_text(self.phone)


def make_texts(shop: Shop) -> Texts:
    """Draw notices and answers."""
    basis, people, orders = shop.basis, shop.people, shop.orders
    rng = basis.rng("sms")
    wants = (rng.random(people.count) < SHARE) & ~people.staff
    order = np.flatnonzero(wants[orders.person] & ~orders.test)
    person = orders.person[order]
    at = orders.created_at[order] + rng.integers(20 * 3_600, 60 * 3_600, len(order))
    phone = people.phone_at(person, at)
    chance = rng.random(len(order))
    answer = np.select(
        [chance < STOPS, chance < STOPS + ANSWERS / 2, chance < STOPS + ANSWERS], [STOP, WHERE, THANKS], -1
    )
    answered = at + rng.integers(60, 4 * 3_600, len(order))
    # the first STOP of a number ends what it gets, and with it the answers
    stopped = np.full(int(phone.max(initial=0)) + 1, NEVER)
    for row in np.argsort(at, kind="stable").tolist():
        if at[row] > stopped[phone[row]]:
            at[row] = NEVER
        elif answer[row] == STOP:
            stopped[phone[row]] = min(stopped[phone[row]], answered[row])
    kept = np.flatnonzero(at < basis.end)
    back = kept[(answer[kept] >= 0) & (answered[kept] < basis.end)]
    n, inbound = len(kept) + len(back), np.arange(len(kept) + len(back)) >= len(kept)
    rows, sent = np.concatenate([kept, back]), np.concatenate([at[kept], answered[back]])
    is_lost = (rng.random(n) < LOST) & ~inbound
    wait = np.where(rng.random(n) < LATE, rng.integers(3_600, 30 * 3_600, n), rng.integers(3, 90, n))
    return Texts(
        shop=shop,
        person=person[rows],
        phone=phone[rows],
        order=np.where(inbound, -1, order[rows]),
        text=np.where(inbound, answer[rows], NOTICE),
        sent_at=sent,
        done_at=np.where(inbound, NEVER, sent + wait),
        billed_at=sent + rng.integers(1_200, 3 * 3_600, n),
        is_lost=is_lost,
    )


def text_tables(texts: Texts) -> dict[str, Table]:
    """Table twilio_messages, in versions: sent, delivered or not, billed."""
    basis, orders = texts.shop.basis, texts.shop.orders
    every = np.arange(len(texts))
    versions = number_versions([(every, texts.sent_at), (every, texts.done_at), (every, texts.billed_at)], basis.end)
    m, at = versions.thing, versions.at
    inbound = texts.order[m] < 0
    done = texts.done_at[m] <= at
    status = np.where(inbound, RECEIVED, np.where(~done, SENT, np.where(texts.is_lost[m], UNDELIVERED, DELIVERED)))
    order = np.maximum(texts.order[m], 0)
    notice = join(
        "Your order #", digits(orders.number[order]), " is on its way: https://shop.example.com/orders/",
        digits(orders.order_id[order]),
    )  # fmt: skip
    table: Table = {
        "sid": join("SM", hex_token(m, basis.salt("sms"))),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "sent_at": stamps(texts.sent_at[m]),
        "is_inbound": inbound,
        "customer_number": texts.numbers.take(pa.array(m)),
        "body": either(inbound, take(TEXTS, texts.text[m]), notice),
        "status": take(STATUSES, status),
        "error_code": pa.array(np.full(len(m), UNREACHABLE), mask=status != UNDELIVERED),
        "price": pa.array(np.full(len(m), PRICE), mask=(texts.billed_at[m] > at) | texts.is_lost[m]),
    }
    return {"twilio_messages": table}


def text_owners(texts: Texts) -> Table:
    """Rows of ``record_owners``: a notice's number for its order, of which the answers are too."""
    rows = np.flatnonzero(texts.order >= 0)
    order_id = digits(texts.shop.orders.order_id[texts.order[rows]])
    return {
        "source_system": take(["twilio"], rows * 0),
        "source_record_id": join(texts.numbers.take(pa.array(rows)), ":", order_id),
        "record_type": take(["number"], rows * 0),
        "person_id": person_ids(texts.person[rows]),
        "is_shared": np.zeros(len(rows), dtype=bool),
    }
