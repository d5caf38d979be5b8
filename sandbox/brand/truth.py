"""The hidden truth: who is who, what caused each order, what the shop's totals are. Only tests and benchmarks read it.

``people`` shows names, phones and homes as they are at the default now. ``record_owners`` names the person behind every
record that a warehouse can see, by the record ids of the warehouse: ``<customer_id>`` and ``order-<order_id>``
(shopify, square), ``order-<order_id>`` (amazon), ``<profile_id>`` (klaviyo), ``<anonymous_id>`` (web_events,
record_type device) and ``<anonymous_id>|<user_id or empty>`` (record_type visitor). Browsers of bots and tablets of
stores have no person.
``shop_totals`` are the online shop's; ``store_totals`` and ``stock`` the stores'.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand import names
from sandbox.brand.arrivals import Arrivals, anonymous_ids, user_codes
from sandbox.brand.basis import DAY, Bools, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.channels import BASELINE, CHANNELS, NAMES
from sandbox.brand.messages import Profiles
from sandbox.brand.people import phone_text
from sandbox.brand.scenario_truth import person_ids, scenario_tables
from sandbox.brand.shop import Shop
from sandbox.brand.store_truth import stacked, store_causes, store_emails, store_owners, store_totals
from sandbox.brand.store_world import Stores
from sandbox.brand.subscribers import Subscribers
from sandbox.brand.texts import digits, either, flat, join, stamps, take
from sandbox.brand.typed_emails import KINDS, Typed

Table = dict[str, object]
SYSTEMS = ("shopify", "klaviyo", "web_events")
TYPES = ("customer", "guest_checkout", "profile", "device", "visitor")


def truth_tables(
    shop: Shop,
    visits: Visits,
    subscribers: Subscribers,
    profiles: Profiles,
    arrivals: Arrivals,
    stores: Stores,
) -> dict[str, Table]:
    """All tables of the truth, by name."""
    emails = stacked(_emails(shop, subscribers, profiles), store_emails(stores))
    return {
        "people": _people(shop),
        "record_owners": stacked(_owners(shop, subscribers, profiles, arrivals), store_owners(stores)),
        "record_emails": emails,
        **scenario_tables(shop, subscribers, profiles, stores, emails),
        "order_causes": stacked(_causes(shop, visits), store_causes(stores)),
        "channel_effects": _effects(shop, visits),
        "shop_totals": _totals(shop),
        "store_totals": store_totals(stores),
    }


def _people(shop: Shop) -> Table:
    people = shop.people
    home = people.home_at(np.arange(people.count), shop.basis.days * DAY)
    return {
        "person_id": person_ids(np.arange(people.count)),
        "household_id": join("household-", digits(people.household, 7)),
        "given_name": take(names.GIVEN, people.given),
        "family_name": take(names.FAMILY, people.family),
        "birth_date": pa.array(people.born.astype("datetime64[D]")),
        "email": people.email,
        "second_email": either(people.has_second, people.second_email, None),
        "phone": phone_text(people.phone_at(np.arange(people.count), shop.basis.days * DAY)),
        "household_phone": people.household_phone,
        "phone_changes_at": stamps(people.phone_changes_at),
        "address": people.homes.line(home),
        "city": people.homes.city_name(home),
        "province_code": people.homes.province(home),
        "zip": people.homes.zip(home),
        "moved_at": stamps(people.moved_at),
        "devices": people.device_count + (shop.devices.app >= 0),
        "is_staff": people.staff,
        "base_hazard": people.hazard,
    }


def _owners(shop: Shop, subscribers: Subscribers, profiles: Profiles, arrivals: Arrivals) -> Table:
    orders, timeline, accounts = shop.orders, shop.timeline, shop.accounts
    customer = np.flatnonzero(accounts.customer_id >= 0)
    guest = np.flatnonzero(orders.guest)
    profile = np.flatnonzero(subscribers.created_at < shop.basis.end)

    users = 2 * accounts.count + 1
    device_of_event = timeline.visit_device[timeline.visit[arrivals.event]]
    visitor = np.unique(device_of_event * users + user_codes(shop, arrivals.event) + 1)
    visitor_device, visitor_user = visitor // users, visitor % users - 1
    device = np.unique(visitor_device)
    ids = anonymous_ids(shop.basis, int(device.max(initial=0)) + 1)
    browser = ids.take(pa.array(visitor_device))
    user_text = either(visitor_user >= 0, accounts.id_text(visitor_user), "")
    signed_in = visitor_user % accounts.count

    owner = np.concatenate([shop.devices.owner, np.full(len(ids), -1)])
    shared = np.concatenate([shop.devices.shared, np.zeros(len(ids), dtype=bool)])
    parts: list[tuple[int, int, pa.Array, Ints, Bools | None]] = [
        (0, 0, digits(accounts.customer_id[customer]), customer % accounts.count, None),
        (0, 1, join("order-", digits(orders.order_id[guest])), orders.person[guest], None),
        (1, 2, profiles.profile_id.take(pa.array(profile)), subscribers.person[profile], None),
        (2, 3, ids.take(pa.array(device)), owner[device], shared[device]),
        (2, 4, join(browser, "|", user_text), np.where(visitor_user >= 0, signed_in, owner[visitor_device]),
         shared[visitor_device]),
    ]  # fmt: skip
    person = np.concatenate([part[3] for part in parts])
    none = [np.zeros(len(part[3]), dtype=bool) if part[4] is None else part[4] for part in parts]
    return {
        "source_system": take(SYSTEMS, np.concatenate([np.full(len(part[3]), part[0]) for part in parts])),
        "source_record_id": pa.concat_arrays([flat(part[2]) for part in parts]),
        "record_type": take(TYPES, np.concatenate([np.full(len(part[3]), part[1]) for part in parts])),
        "person_id": person_ids(person),
        "is_shared": np.concatenate(none),
    }


def _emails(shop: Shop, subscribers: Subscribers, profiles: Profiles) -> Table:
    """How the e-mail of each record came about."""
    orders, accounts = shop.orders, shop.accounts
    customer = np.flatnonzero(accounts.customer_id >= 0)
    guest = np.flatnonzero(orders.guest)
    profile = np.flatnonzero(subscribers.created_at < shop.basis.end)
    contact = shop.contacts.row_of_visit[orders.visit[guest]]
    parts: list[tuple[int, pa.Array, Typed, Ints, Ints]] = [
        (0, digits(accounts.customer_id[customer]), accounts.email, customer, customer % accounts.count),
        (0, join("order-", digits(orders.order_id[guest])), shop.contacts.email, contact, orders.person[guest]),
        (1, profiles.profile_id.take(pa.array(profile)), profiles.email, profile, subscribers.person[profile]),
    ]
    return {
        "source_system": take(SYSTEMS, np.concatenate([np.full(len(part[3]), part[0]) for part in parts])),
        "source_record_id": pa.concat_arrays([flat(part[1]) for part in parts]),
        "person_id": person_ids(np.concatenate([part[4] for part in parts])),
        "email": pa.concat_arrays([flat(part[2].text.take(pa.array(part[3]))) for part in parts]),
        "typed_as": take(KINDS, np.concatenate([part[2].kind[part[3]] for part in parts])),
        "is_second": np.concatenate([part[2].second[part[3]] for part in parts]),
    }


def _causes(shop: Shop, visits: Visits) -> Table:
    orders = shop.orders
    return {
        "order_id": digits(orders.order_id),
        "person_id": person_ids(orders.person),
        "caused_by": take((*NAMES, "baseline"), visits.cause[orders.visit]),
        "visit_channel": take(NAMES, visits.channel[orders.visit]),
        "created_at": stamps(orders.created_at),
        "is_test": orders.test,
    }


def _effects(shop: Shop, visits: Visits) -> Table:
    """One row a channel and the baseline; visits and orders of the history (before the default now) alone."""
    orders, now = shop.orders, shop.basis.days * DAY
    past = (orders.created_at < now) & ~orders.test
    caused = np.bincount(visits.cause[orders.visit][past], minlength=BASELINE + 1)
    last = np.bincount(visits.channel[orders.visit][past], minlength=BASELINE + 1)
    seen = np.bincount(visits.channel[visits.start < now], minlength=BASELINE + 1)
    return {
        "channel": pa.array([*NAMES, "baseline"]),
        "uplift": np.array([*(channel.uplift for channel in CHANNELS), 0.0]),
        "half_life_days": np.array([*(channel.half_life for channel in CHANNELS), 0.0]),
        "visits": seen,
        "orders_caused": caused,
        "orders_by_last_visit": last,
    }


def _totals(shop: Shop) -> Table:
    """The book's own totals, test orders apart: of the history, and of the whole world."""
    orders, after, added = shop.orders, shop.after, shop.additions
    now = shop.basis.days * DAY
    rows = []
    for scope, until in (("history", now), ("world", shop.basis.end)):
        for test in (False, True):
            here = (orders.created_at < until) & (orders.test == test)
            refunds = (after.refund_at < until) & (orders.test[after.refund_order] == test)
            back = refunds[after.line_refund]
            lines = here[orders.line_order]
            put_in = here[added.order] & (added.added_at < until)
            rows.append(
                {
                    "scope": scope,
                    "is_test": test,
                    "orders": int(here.sum()),
                    "lines": int(lines.sum() + put_in.sum()),
                    "gross_cents": int(
                        (orders.line_price * orders.line_quantity)[lines].sum() + added.price[put_in].sum()
                    ),
                    "discounts_cents": int(orders.discounts[here].sum()),
                    "subtotal_cents": int(orders.subtotal[here].sum() + added.price[put_in].sum()),
                    "tax_cents": int(orders.tax[here].sum() + added.tax[put_in].sum()),
                    "shipping_cents": int(orders.shipping[here].sum()),
                    "tip_cents": int(orders.tip[here].sum()),
                    "total_cents": int(orders.total[here].sum() + added.cents[put_in].sum()),
                    "refunded_cents": int(after.refund_total[refunds].sum()),
                    "refunded_lines_cents": int(after.line_subtotal[back].sum()),
                }
            )
    return {name: pa.array([row[name] for row in rows]) for name in rows[0]}
