"""WhatsApp: who chats with the shop, notices of orders, a few offers, and what people answer.

A part of the people wrote to the shop's number, most of them START, by which they agreed to offers; some later stop
them, by a word or in the app. Offers cause nothing here: nobody buys who would not have bought anyway (the truth's
``whatsapp_offers`` says so). In April WhatsApp begins to tell an id of its own for each user; later a few hide their
number behind a user name. What is told comes late at times, in another order than it happened, and now and then twice.
Of all else in the world this part only reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import names
from sandbox.brand.basis import DAY, NEVER, Bools, Ints
from sandbox.brand.people import phone_text, unique_phone_holders
from sandbox.brand.scenario_truth import person_ids
from sandbox.brand.shop import Shop, Table
from sandbox.brand.texts import digits, either, join, letter_token, mix, stamps, take

SHARE, AGREE, STOPS, RESUMES, HIDES, RECEIPTS = 0.14, 0.8, 0.2, 0.3, 0.08, 0.8
OFFER_DAYS, OFFER_HOUR, OFFERED = 28, 15, 0.6
FAILS, DELIVERED_SHARE, READS, TAPS, ANSWERS, ASKS = 0.03, 0.97, 0.8, 0.12, 0.05, 0.3
LATE, TWICE = 0.06, 0.03
IDS_SINCE = 36 * DAY
"""When webhooks began to name users by WhatsApp's own ids."""
STATUS, MESSAGE, PREFERENCE = range(3)
KINDS = ("status", "message", "preference")
SENT, DELIVERED, READ, FAILED = range(4)
STATUSES = ("sent", "delivered", "read", "failed")
TEMPLATES = ("order_confirmed", "new_arrivals", "private_sale")
START, STOP, QUESTION, THANKS, TAP = range(5)
TEXTS = ("START", "Stop", "Hi, is the linen shirt back in stock?", "Lovely, thank you!", "Show me")
STOPPED, RESUMED = range(2)
PREFERENCES = ("stop", "resume")
COLUMNS = ("kind", "person", "message", "status", "at", "template", "campaign", "text", "context", "preference")


@dataclass
class WhatsApp:
    """``rows``: one entry a thing that was told, by its column; a code or number below zero stands for none."""

    shop: Shop
    rows: dict[str, Ints]
    revealed_at: Ints
    hidden_at: Ints
    """By person, when the number was hidden."""
    offered: Ints
    """How many were sent each campaign."""

    def __len__(self) -> int:
        return len(self.revealed_at)

    @property
    def tells_id(self) -> Bools:
        """WhatsApp's own id is told; of what failed it is not."""
        return (self.rows["at"] >= IDS_SINCE) & (self.rows["status"] != FAILED)

    @property
    def tells_phone(self) -> Bools:
        return ~self.tells_id | (self.rows["at"] < self.hidden_at[self.rows["person"]])

    def user_ids(self, person: Ints) -> pa.Array:
        number = mix(person, self.shop.basis.salt("whatsapp users")) % np.uint64(10**17)
        return join("US.", digits(number.astype(np.int64), 17))

    def wa_ids(self, person: Ints) -> pa.Array:
        """The number without its plus."""
        return pc.utf8_ltrim(phone_text(self.shop.people.phone[person]), "+")


class _Told:
    """Collects rows; every message gets the next number."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Ints]] = []
        self._messages = 0

    def number(self, count: int) -> Ints:
        self._messages += count
        return np.arange(self._messages - count, self._messages)

    def add(self, person: Ints, at: Ints, kept: Bools | None = None, **columns: Ints | int) -> None:
        given: dict[str, Ints | int] = {"person": person, "at": at, **columns}
        part = {name: np.broadcast_to(given.get(name, -1), len(person)).astype(np.int64) for name in COLUMNS}
        self._parts.append(part if kept is None else {name: values[kept] for name, values in part.items()})

    def rows(self) -> dict[str, Ints]:
        return {name: np.concatenate([part[name] for part in self._parts]) for name in COLUMNS}


def make_whatsapp(shop: Shop) -> WhatsApp:
    """Draw the contacts and all that was told of them."""
    basis, people, orders = shop.basis, shop.people, shop.orders
    rng = basis.rng("whatsapp")
    n, end = people.count, basis.end
    steady = ~people.household_phone & ~people.recycled & (people.phone_changes_at >= end) & ~people.staff
    holds = unique_phone_holders(people.phone, (rng.random(n) < SHARE) & steady, np.arange(n))
    contact = np.flatnonzero(holds)
    joined = np.full(n, NEVER)
    joined[contact] = rng.integers(0, basis.days * DAY * 6 // 10, len(contact))
    agrees = holds & (rng.random(n) < AGREE)
    stopped = np.where(agrees & (rng.random(n) < STOPS), joined + rng.integers(5 * DAY, 70 * DAY, n), NEVER)
    by_word = rng.random(n) < 0.5
    resumed = np.where((rng.random(n) < RESUMES) & ~by_word, stopped + rng.integers(2 * DAY, 20 * DAY, n), NEVER)
    shows = rng.random(n) < RECEIPTS
    hides = holds & (rng.random(n) < HIDES)
    hidden = np.where(hides, rng.integers(IDS_SINCE + DAY, max(end, IDS_SINCE + 2 * DAY), n), NEVER)

    told = _Told()
    told.add(contact, joined[contact], kind=MESSAGE, message=told.number(len(contact)),
             text=np.where(agrees[contact], START, QUESTION))  # fmt: skip
    asks = contact[rng.random(len(contact)) < ASKS]
    told.add(asks, joined[asks] + rng.integers(DAY, 60 * DAY, len(asks)), kind=MESSAGE,
             message=told.number(len(asks)), text=QUESTION)  # fmt: skip
    word, app, again = (np.flatnonzero(it) for it in (
        (stopped < NEVER) & by_word, (stopped < NEVER) & ~by_word, resumed < NEVER))  # fmt: skip
    told.add(word, stopped[word], kind=MESSAGE, message=told.number(len(word)), text=STOP)
    told.add(app, stopped[app], kind=PREFERENCE, preference=STOPPED)
    told.add(again, resumed[again], kind=PREFERENCE, preference=RESUMED)

    bought = np.flatnonzero(~orders.test & (orders.created_at > joined[orders.person]))
    _send(told, rng, shows, orders.person[bought], orders.created_at[bought] + 75, 0, -1)
    offered = []
    for campaign, day in enumerate(range(9, basis.span_days, OFFER_DAYS)):
        at = day * DAY + OFFER_HOUR * 3_600
        open_to = agrees & (joined < at) & ((stopped > at) | (resumed < at))
        person = np.flatnonzero(open_to & (rng.random(n) < OFFERED))
        offered.append(len(person))
        sent_at = at + rng.integers(0, 900, len(person))
        _send(told, rng, shows, person, sent_at, 1 + campaign % 2, campaign)

    rows = told.rows()
    inside = (rows["at"] < end) & (rows["at"] >= 0)
    rows = {name: values[inside] for name, values in rows.items()}
    repeated = rng.random(len(rows["at"])) < TWICE
    rows = {name: np.concatenate([values, values[repeated]]) for name, values in rows.items()}
    count = len(rows["at"])
    late = rng.random(count) < LATE
    revealed = rows["at"] + np.where(late, rng.integers(60, 6 * 3_600, count), rng.integers(1, 6, count))
    order = np.lexsort((rows["status"], rows["message"], rows["person"], revealed))
    rows = {name: values[order] for name, values in rows.items()}
    return WhatsApp(shop, rows, revealed[order], hidden, np.array(offered, dtype=np.int64))


def _send(
    told: _Told, rng: np.random.Generator, shows: Bools, person: Ints, at: Ints, template: Ints | int, campaign: int
) -> None:
    """A message to each, what became of it, and who answered an offer. Who does not ``shows`` reads unseen."""
    n = len(person)
    number = told.number(n)
    what: dict[str, Ints | int] = {"kind": STATUS, "message": number, "template": template, "campaign": campaign}
    fails = rng.random(n) < FAILS
    arrives = ~fails & (rng.random(n) < DELIVERED_SHARE)
    delivered = at + 2 + rng.exponential(90, n).astype(np.int64)
    reads = arrives & (rng.random(n) < READS)
    seen = delivered + 3 + rng.exponential(5_400, n).astype(np.int64)
    told.add(person, at + 1, ~fails, **{**what, "status": SENT})
    told.add(person, at + 2, fails, **{**what, "status": FAILED})
    told.add(person, delivered, arrives, **{**what, "status": DELIVERED})
    told.add(person, seen, reads & shows[person], **{**what, "status": READ})
    if campaign < 0:
        return
    chance = rng.random(n)
    taps, answers = reads & (chance < TAPS), reads & (chance > 1 - ANSWERS)
    for keep, text in ((taps, TAP), (answers, THANKS)):
        here = np.flatnonzero(keep)
        told.add(person[here], seen[here] + rng.integers(5, 600, len(here)), kind=MESSAGE,
                 message=told.number(len(here)), text=text, context=number[here])  # fmt: skip


def whatsapp_tables(whatsapp: WhatsApp) -> dict[str, Table]:
    """Table whatsapp_events: what WhatsApp tells, one row a status, message or preference, by when it is told."""
    rows, people, basis = whatsapp.rows, whatsapp.shop.people, whatsapp.shop.basis
    person, salt = rows["person"], basis.salt("whatsapp messages")
    knows = whatsapp.tells_id | (rows["kind"] != STATUS)
    given, family = take(names.GIVEN, people.given[person]), take(names.FAMILY, people.family[person])
    campaign = join("wa_offer_", digits(np.maximum(rows["campaign"], 0) + 1, 2))
    table: Table = {
        "event_id": np.arange(len(whatsapp)) + 1,
        "revealed_at": stamps(whatsapp.revealed_at),
        "kind": take(KINDS, rows["kind"]),
        "message_id": _message_ids(rows["message"], salt),
        "status": take(STATUSES, rows["status"]),
        "occurred_at": stamps(rows["at"]),
        "wa_id": either(whatsapp.tells_phone, whatsapp.wa_ids(person), None),
        "user_id": either(whatsapp.tells_id, whatsapp.user_ids(person), None),
        "profile_name": either(knows, either(person % 4 == 0, given, join(given, " ", family)), None),
        "template": take(TEMPLATES, rows["template"]),
        "campaign": either(rows["campaign"] >= 0, campaign, None),
        "text": take(TEXTS, rows["text"]),
        "is_tap": rows["text"] == TAP,
        "context_id": _message_ids(rows["context"], salt),
        "preference": take(PREFERENCES, rows["preference"]),
    }
    return {"whatsapp_events": table}


def _message_ids(number: Ints, salt: int) -> pa.Array:
    token = join("wamid.HBgLMTU1NTU1NTAxMDAVAgAR", letter_token(np.maximum(number, 0), salt, 24), "=")
    return either(number >= 0, token, None)


def whatsapp_owners(whatsapp: WhatsApp) -> Table:
    """Rows of ``record_owners``: each user by WhatsApp's id where it was ever told, and by the number where it was not;
    a warehouse knows such a record by a hash with its home's key.
    """
    person = whatsapp.rows["person"]
    by_id, by_phone = np.unique(person[whatsapp.tells_id]), np.unique(person[~whatsapp.tells_id])
    count = len(by_id) + len(by_phone)
    return {
        "source_system": take(["whatsapp"], np.zeros(count, np.int64)),
        "source_record_id": pa.concat_arrays([whatsapp.user_ids(by_id), whatsapp.wa_ids(by_phone)]),
        "record_type": take(["contact"], np.zeros(count, np.int64)),
        "person_id": person_ids(np.concatenate([by_id, by_phone])),
        "is_shared": np.zeros(count, dtype=bool),
    }


def whatsapp_truth(whatsapp: WhatsApp) -> Table:
    """Table whatsapp_offers: to how many each went, and how many orders it caused, which is none."""
    campaigns = np.arange(len(whatsapp.offered))
    return {
        "campaign": join("wa_offer_", digits(campaigns + 1, 2)),
        "sent": whatsapp.offered,
        "orders_caused": campaigns * 0,
    }
