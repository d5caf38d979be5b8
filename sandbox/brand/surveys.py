"""What people answer when they are asked how likely they are to recommend the shop: after orders, visits, tickets.

The mood follows what happened: a good delivery, trouble with the order, how long the help desk took. Some break off,
and of these some finish later; a few change their mind. Links in mails carry the customer's and the order's id, those
on receipts the till's order alone, and a link that was passed on carries nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.aftersales import FINE
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.scenario_truth import person_ids
from sandbox.brand.service import SLOW, Service
from sandbox.brand.shop import Shop, Table
from sandbox.brand.store_orders import COMPLETED, SALE
from sandbox.brand.store_world import Stores
from sandbox.brand.stores import STORES
from sandbox.brand.texts import digits, either, flat, join, masked, stamps, take
from sandbox.brand.typed_emails import KINDS, PLAIN
from sandbox.brand.versions import number_versions

AFTER_ORDER, AFTER_VISIT, AFTER_TICKET = range(3)
SURVEYS = ("501", "502", "503")
TITLES = ("After your order", "Your visit to our store", "How we helped you")
BY_MAIL, BY_LINK, BY_RECEIPT = "90", "91", "92"
LOCATION_CODES = ("online", *(f"store-{number + 1}" for number in range(len(STORES))))


@dataclass
class Responses:
    """One entry an answer, by time. Orders and tickets are rows of theirs, -1 for none."""

    survey: Ints
    person: Ints
    order: Ints
    store_order: Ints
    ticket: Ints
    location: Ints
    by_mail: Bools
    anonymous: Bools
    """The link was passed on: nothing tells who answered."""
    at: Ints
    seconds: Ints
    score: Ints
    finished_at: Ints
    """When a page that was left was filled in after all; ``at`` for those who finished at once."""
    skipped: Bools
    edited_at: Ints
    has_comment: Bools
    shut_out: Bools

    def __len__(self) -> int:
        return len(self.survey)


@dataclass
class Surveys:
    """The surveys of the world."""

    basis: Basis
    shop: Shop
    stores: Stores
    service: Service
    responses: Responses


def make_surveys(shop: Shop, stores: Stores, service: Service) -> Surveys:
    """Draw who answers, and how."""
    basis, rng = shop.basis, shop.basis.rng("surveys")
    orders, after, tickets = shop.orders, shop.after, service.tickets
    got = np.flatnonzero(~orders.test & (after.delivered_at < NEVER) & (rng.random(len(orders)) < 0.14))
    sales = np.flatnonzero(
        (stores.orders.kind == SALE) & (stores.orders.state == COMPLETED) & (rng.random(len(stores.orders)) < 0.05)
    )
    helped = np.flatnonzero((tickets.end_at < NEVER) & (rng.random(len(tickets)) < 0.12))
    none = [np.full(len(rows), -1) for rows in (got, sales, helped)]
    survey = np.repeat([AFTER_ORDER, AFTER_VISIT, AFTER_TICKET], [len(got), len(sales), len(helped)])
    person = np.concatenate([orders.person[got], stores.orders.person[sales], tickets.person[helped]])
    order = np.concatenate([got, none[1], none[2]])
    at = np.concatenate([after.delivered_at[got], stores.orders.closed_at[sales], tickets.end_at[helped]])
    n = len(survey)
    at = at + DAY // 3 + (rng.gamma(1.5, DAY, n)).astype(np.int64)

    trouble = np.concatenate([after.trouble[got] != FINE, np.zeros(len(sales) + len(helped), dtype=bool)])
    slow = np.concatenate(
        [np.zeros(len(got) + len(sales), bool), (tickets.replied_at - tickets.created_at)[helped] > SLOW]
    )
    mood = 9.1 - 3.2 * trouble - 2.2 * slow - 0.8 * (survey == AFTER_TICKET)
    score = np.clip(np.round(rng.normal(mood, 1.5)), 0, 10).astype(np.int64)
    leaves = rng.random(n) < 0.1
    returns = leaves & (rng.random(n) < 0.5)
    later = at + rng.integers(1_800, DAY, n)
    finished = np.where(leaves, np.where(returns, later, NEVER), at)
    edits = ~leaves & (rng.random(n) < 0.03)
    shut_out = rng.random(n) < 0.01
    responses = Responses(
        survey=survey,
        person=person,
        order=order,
        store_order=np.concatenate([none[0], sales, none[2]]),
        ticket=np.concatenate([none[0], none[1], helped]),
        location=np.concatenate([np.zeros(len(got), np.int64), 1 + stores.orders.store[sales], none[2]]),
        by_mail=(survey == AFTER_ORDER) & (rng.random(n) < 0.45),
        anonymous=(survey != AFTER_VISIT) & (rng.random(n) < 0.06),
        at=at,
        seconds=rng.integers(20, 400, n),
        score=score,
        finished_at=finished,
        skipped=leaves & (rng.random(n) < 0.4),
        edited_at=np.where(edits, at + rng.integers(DAY, 9 * DAY, n), NEVER),
        has_comment=rng.random(n) < 0.3,
        shut_out=shut_out,
    )
    by_time = np.lexsort((person, order, at))
    by_time = by_time[at[by_time] < basis.end]
    responses = Responses(**{name: values[by_time] for name, values in vars(responses).items()})
    return Surveys(basis, shop, stores, service, responses)


def survey_tables(surveys: Surveys) -> dict[str, Table]:
    """Tables surveymonkey_surveys and surveymonkey_responses."""
    changed = np.array([surveys.basis.days * DAY // 2, NEVER, NEVER])  # somebody mends a word of the first one
    every = np.arange(len(SURVEYS))
    born = np.full(len(SURVEYS), -90 * DAY)
    versions = number_versions([(every, born), (every, changed)], surveys.basis.end)
    return {
        "surveymonkey_surveys": {
            "survey_id": take(SURVEYS, versions.thing),
            "version": versions.number,
            "updated_at": stamps(versions.at),
            "revealed_at": stamps(versions.at),
            "created_at": stamps(born[versions.thing]),
            "title": take(TITLES, versions.thing),
        },
        "surveymonkey_responses": _responses(surveys),
    }


def _responses(surveys: Surveys) -> Table:
    shop, found = surveys.shop, surveys.responses
    every = np.arange(len(found))
    versions = number_versions(
        [(every, found.at), (every, found.finished_at), (every, found.edited_at)], surveys.basis.end
    )
    r, at = versions.thing, versions.at
    contact = shop.contacts.row_of_visit[shop.orders.visit[np.maximum(found.order[r], 0)]]
    mailed = found.by_mail[r] & ~found.anonymous[r]
    linked = ~found.by_mail[r] & ~found.anonymous[r]
    of_order = shop.account_of_visit(shop.orders.visit[np.maximum(found.order[r], 0)])
    account = np.where(found.order[r] >= 0, of_order, found.person[r])
    knows = linked & (found.survey[r] != AFTER_VISIT) & ~_as_guest(surveys, r)
    is_done = found.finished_at[r] <= at
    status = np.where(found.shut_out[r], 2, np.where(is_done, 0, 1))
    scored = ~found.shut_out[r] & (is_done | ~found.skipped[r])
    score = np.clip(found.score[r] + (found.edited_at[r] <= at), 0, 10)
    order_id = either(found.order[r] >= 0, digits(shop.orders.order_id[np.maximum(found.order[r], 0)]), None)
    till_id = surveys.stores.ids("order", found.store_order[r])
    ticket = surveys.service.tickets.ticket_id[np.maximum(found.ticket[r], 0)]
    return {
        "response_id": response_ids(r),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(found.at[r] - found.seconds[r]),
        "survey_id": take(SURVEYS, found.survey[r]),
        "collector_id": take((BY_MAIL, BY_LINK, BY_RECEIPT), np.where(found.survey[r] == 1, 2, 1 - found.by_mail[r])),
        "email": either(mailed, shop.contacts.email.text.take(pa.array(contact)), None),
        "customer_id": either(knows, shop.accounts.id_text(account), None),
        "order_id": either(linked, either(found.store_order[r] >= 0, till_id, order_id), None),
        "ticket_id": either(linked & (found.ticket[r] >= 0), digits(ticket), None),
        "location": take(LOCATION_CODES, np.where(linked, found.location[r], -1)),
        "status": take(("completed", "partial", "disqualified"), status),
        "score": masked(score, scored),
        "has_comment": found.has_comment[r] & scored & is_done,
        "seconds": found.seconds[r],
    }


def _as_guest(surveys: Surveys, r: Ints) -> Bools:
    """Whether the answer is about an order that was placed without the account, so no link could name it."""
    order = surveys.responses.order[r]
    guest: Bools = (order >= 0) & surveys.shop.orders.guest[np.maximum(order, 0)]
    return guest


def response_ids(r: Ints) -> pa.Array:
    return join("1188", digits(10_000 + 3 * r, 7))


def survey_owners(surveys: Surveys) -> Table:
    """Rows of ``record_owners``: the answers that tell who gave them, be it by a ticket's number alone."""
    found = surveys.responses
    named = np.flatnonzero(~found.anonymous)
    return {
        "source_system": take(["surveymonkey"], np.zeros(len(named), np.int64)),
        "source_record_id": response_ids(named),
        "record_type": take(["survey_response"], np.zeros(len(named), np.int64)),
        "person_id": person_ids(found.person[named]),
        "is_shared": np.zeros(len(named), dtype=bool),
    }


def survey_emails(surveys: Surveys) -> Table:
    """Rows of ``record_emails``: the addresses that an invitation went to."""
    shop, found = surveys.shop, surveys.responses
    mailed = np.flatnonzero(found.by_mail & ~found.anonymous)
    contact = shop.contacts.row_of_visit[shop.orders.visit[found.order[mailed]]]
    email = shop.contacts.email
    return {
        "source_system": take(["surveymonkey"], np.zeros(len(mailed), np.int64)),
        "source_record_id": response_ids(mailed),
        "person_id": person_ids(found.person[mailed]),
        "email": flat(email.text.take(pa.array(contact))),
        "typed_as": take(KINDS, np.where(contact >= 0, email.kind[contact], PLAIN)),
        "is_second": email.second[contact],
    }
