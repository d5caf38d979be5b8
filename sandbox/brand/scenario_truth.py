"""What each scenario touched: table ``scenarios``, a row per scenario and the person, record or value it is about.

``source_record_id`` is null where a scenario is about people or values alone; ``identifier_value`` is an e-mail in
lower case, a phone (E.164, junk as typed) or an anonymous id. ``scenario_settings`` has the shares of this world.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.arrivals import anonymous_ids
from sandbox.brand.basis import NEVER, Basis, Ints
from sandbox.brand.homes import PLAIN
from sandbox.brand.messages import Profiles
from sandbox.brand.people import phone_text
from sandbox.brand.scenarios import SCENARIOS
from sandbox.brand.shop import Shop
from sandbox.brand.store_customers import NAME
from sandbox.brand.store_world import Stores
from sandbox.brand.subscribers import Subscribers
from sandbox.brand.texts import digits, either, flat, join
from sandbox.brand.typed_emails import KINDS, SCENARIO_OF_KIND
from sandbox.brand.typed_names import NICKNAME, SLIP, Names

Table = dict[str, object]
COLUMNS = ("scenario", "person_id", "source_system", "source_record_id", "identifier_type", "identifier_value")


def person_ids(person: Ints) -> pa.Array:
    """Null below zero."""
    return either(person >= 0, join("person-", digits(np.maximum(person, 0), 7)), None)


@dataclass
class _Rows:
    """The table as it grows."""

    parts: list[pa.Table] = field(default_factory=list)

    def add(
        self, scenario: str, person: Ints, *, system: str | None = None, record: pa.Array | None = None,
        kind: str | None = None, value: pa.Array | None = None,
    ) -> None:  # fmt: skip
        n = len(person)
        nothing = pa.nulls(n, pa.string())
        texts = [pa.array([word] * n, pa.string()) for word in (scenario, system, kind)]
        columns = (
            texts[0], person_ids(person), texts[1], nothing if record is None else flat(record),
            texts[2], nothing if value is None else flat(value),
        )  # fmt: skip
        self.parts.append(pa.table(dict(zip(COLUMNS, columns, strict=True))))

    def add_names(self, names: Names, rows: Ints, person: Ints, system: str, record: pa.Array) -> None:
        """Records whose names are short forms or slips. ``rows``: of ``names``, as ``person`` and ``record`` are."""
        for scenario, kind in (("nicknames", NICKNAME), ("name_typos", SLIP)):
            here = np.flatnonzero(names.kind[rows] == kind)
            self.add(scenario, person[here], system=system, record=record.take(pa.array(here)))

    def table(self) -> Table:
        whole = pa.concat_tables(self.parts).combine_chunks()
        return {name: flat(whole.column(name)) for name in COLUMNS}


def scenario_tables(
    shop: Shop, subscribers: Subscribers, profiles: Profiles, stores: Stores, record_emails: Table
) -> dict[str, Table]:
    """Tables ``scenarios`` and ``scenario_settings``. ``record_emails``: the truth's table of that name."""
    rows = _Rows()
    _people(rows, shop)
    _values(rows)
    _emails(rows, record_emails)
    _typed(rows, shop, subscribers, profiles, stores)
    _devices(rows, shop)
    _merges(rows, shop, stores)
    return {"scenarios": rows.table(), "scenario_settings": _settings(shop.basis)}


def _people(rows: _Rows, shop: Shop) -> None:
    people, end = shop.people, shop.basis.end
    every = np.arange(people.count)
    twin = np.flatnonzero(people.twin)
    rows.add("twins", np.concatenate([twin, twin - 1]))
    namesake = np.flatnonzero(people.namesake_of >= 0)
    rows.add("namesakes", np.concatenate([namesake, people.namesake_of[namesake]]))
    rows.add("moved_house", every[people.moved_at < end])
    rows.add("second_emails", every[people.has_second])
    sharing = np.bincount(people.household[people.household_phone], minlength=people.count)[people.household] > 1
    shared = every[people.household_phone & sharing]
    rows.add("shared_phones", shared, kind="phone", value=phone_text(people.phone[shared]))
    taker = every[people.recycled & (people.phone_changes_at < end)]
    giver = every[np.isin(people.phone, people.next_phone[taker]) & (people.phone_changes_at < NEVER)]
    number = np.concatenate([people.next_phone[taker], people.phone[giver]])
    rows.add("recycled_phones", np.concatenate([taker, giver]), kind="phone", value=phone_text(number))


def _values(rows: _Rows) -> None:
    for scenario, kind, values in (
        ("junk_emails", "email", words.JUNK_EMAILS),
        ("junk_phones", "phone", words.JUNK_PHONES),
        ("till_contacts", "email", (words.TILL_EMAIL,)),
        ("till_contacts", "phone", (words.TILL_PHONE,)),
    ):
        rows.add(scenario, np.full(len(values), -1), kind=kind, value=pa.array(values))


def _emails(rows: _Rows, record_emails: Table) -> None:
    table = pa.table(record_emails)
    for word, scenario in zip(KINDS, SCENARIO_OF_KIND, strict=True):
        if scenario is not None:
            found = table.filter(pc.equal(table.column("typed_as"), word))
            texts = (
                pa.array([scenario] * len(found), pa.string()), found.column("person_id"),
                found.column("source_system"), found.column("source_record_id"),
                pa.array(["email"] * len(found), pa.string()), pc.utf8_lower(found.column("email")),
            )  # fmt: skip
            rows.parts.append(pa.table(dict(zip(COLUMNS, texts, strict=True))))


def _typed(rows: _Rows, shop: Shop, subscribers: Subscribers, profiles: Profiles, stores: Stores) -> None:
    """Names, addresses and birth dates of customers, guests, profiles of the e-mail tool and profiles at the till."""
    accounts, orders, contacts, store = shop.accounts, shop.orders, shop.contacts, stores.customers
    account = np.flatnonzero(accounts.customer_id >= 0)
    guest = np.flatnonzero(orders.guest)
    contact = contacts.row_of_visit[orders.visit[guest]]
    profile = np.flatnonzero(subscribers.created_at < shop.basis.end)
    till = np.arange(len(store))
    till_ids = stores.ids("customer", till)
    for names, address, at, person, system, record in (
        (accounts.names, accounts.address, account, account % accounts.count, "shopify", accounts.id_text(account)),
        (contacts.names, contacts.address, contact, orders.person[guest], "shopify",
         join("order-", digits(orders.order_id[guest]))),
        (profiles.names, profiles.address, profile, subscribers.person[profile], "klaviyo",
         profiles.profile_id.take(pa.array(profile))),
        (store.names, store.address, till, store.person, "square", till_ids),
    ):  # fmt: skip
        rows.add_names(names, at, person, system, record)
        told = store.tells_home if system == "square" else np.ones(len(at), dtype=bool)
        spelled = np.flatnonzero((address.spelling[at] != PLAIN) & told)
        rows.add("address_spellings", person[spelled], system=system, record=record.take(pa.array(spelled)))
    for scenario, here in (("store_cards", store.kind == NAME), ("birth_date_slips", store.birth_date_wrong)):
        found = np.flatnonzero(here)
        rows.add(scenario, store.person[found], system="square", record=till_ids.take(pa.array(found)))


def _devices(rows: _Rows, shop: Shop) -> None:
    people, devices = shop.people, shop.devices
    visits = shop.timeline.people_visits
    used = np.unique(shop.baskets.device * people.count + shop.visit_person)
    device, person = used // people.count, used % people.count
    seen = np.unique(shop.timeline.visit_device[:visits][~shop.baskets.lost])
    kept = np.isin(device, seen)
    device, person = device[kept], person[kept]
    ids = anonymous_ids(shop.basis, len(devices.owner))
    is_tablet = devices.owner[device] < 0
    guests = np.zeros(len(devices.owner), dtype=bool)
    guests[people.shared_device[(people.shared_device >= 0) & people.borrows]] = True
    hosts = np.zeros(len(devices.owner), dtype=bool)
    hosts[people.shared_device[(people.shared_device >= 0) & ~people.borrows]] = True
    reset = np.zeros(len(devices.owner), dtype=bool)
    reset[np.flatnonzero(devices.reset_at < NEVER)] = True
    reset[devices.successor[reset]] = True
    for scenario, here in (
        ("store_tablets", is_tablet),
        ("shared_laptops", hosts[device]),
        ("borrowed_laptops", guests[device]),
        ("cookie_resets", reset[device]),
        ("late_logins", devices.signs_in_from[device] > 0),
    ):
        value = ids.take(pa.array(device[here]))
        rows.add(scenario, person[here], system="web_events", kind="anonymous_id", value=value)


def _merges(rows: _Rows, shop: Shop, stores: Stores) -> None:
    accounts, store = shop.accounts, stores.customers
    loser = np.flatnonzero((accounts.customer_id >= 0) & (accounts.merged_at < shop.basis.end))
    account = np.concatenate([loser, loser % accounts.count])
    rows.add("merged_accounts", account % accounts.count, system="shopify", record=accounts.id_text(account))
    gone = np.flatnonzero(store.merged_into >= 0)
    profile = np.concatenate([gone, np.unique(store.merged_into[gone])])
    rows.add("merged_profiles", store.person[profile], system="square", record=stores.ids("customer", profile))


def _settings(basis: Basis) -> Table:
    return {
        "scenario": pa.array(list(SCENARIOS)),
        "share": np.array([basis.share(name) for name in SCENARIOS]),
        "default_share": np.array([one.share for one in SCENARIOS.values()]),
    }
