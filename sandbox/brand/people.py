"""Who lives in the world: households, people, their e-mails, phones and devices, and how they like to shop.

Everything here is fixed before the first day. Staff are a few further people at the end of the arrays; the orders
they place are the shop's test orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.texts import digits, either, join, take

HOUSEHOLD_SIZES = (0.50, 0.25, 0.15, 0.10)
DEVICE_WEIGHTS = (0.62, 0.28, 0.10)


@dataclass
class People:
    """Arrays with one entry a person (household columns through ``household``)."""

    count: int
    staff: Bools
    household: Ints
    place_in_household: Ints
    given: Ints
    family: Ints
    city: Ints
    address: pa.Array
    zip: pa.Array
    email: pa.Array
    second_email: pa.Array
    has_second: Bools
    phone: Ints
    household_phone: Bools
    activity: Floats
    hazard: Floats
    always_guest: Bools
    account_at: Ints
    tracked: Bools
    first_device: Ints
    device_count: Ints
    shared_device: Ints
    phone_shy: Bools


@dataclass
class Devices:
    """Arrays with one entry a browser (an anonymous id)."""

    owner: Ints
    agent: Ints
    skew: Ints
    blocks: Bools
    advertising: Ints
    analytics: Ints
    ip: Ints
    signs_in: Floats


def make_people(basis: Basis) -> People:
    """Draw the inhabitants."""
    rng = basis.rng("people")
    staff_count = max(2, basis.people // 2_500)
    n = basis.people + staff_count
    staff = np.arange(n) >= basis.people

    sizes = rng.choice(4, size=n, p=HOUSEHOLD_SIZES) + 1
    household = np.repeat(np.arange(n), sizes)[:n]
    first_member = np.searchsorted(household, household)
    place = np.arange(n) - first_member
    size = np.bincount(household, minlength=n)[household]

    given = (rng.integers(0, len(words.GIVEN), n)[first_member] + place * (7 + 2 * place)) % len(words.GIVEN)
    family_of_house = rng.integers(0, len(words.FAMILY), n)[household]
    family = np.where(rng.random(n) < 0.8, family_of_house, rng.integers(0, len(words.FAMILY), n))
    city = rng.integers(0, len(words.CITIES), n)[household]
    number = rng.integers(1, 2_900, n)[household]
    street = rng.integers(0, len(words.STREETS), n)[household]
    zip_end = rng.integers(1, 100, n)[household]
    address = join(digits(number), pa.scalar(" "), take(words.STREETS, street))
    zipcode = join(take([place[2] for place in words.CITIES], city), digits(zip_end, 2))

    household_phone = (rng.random(n)[household] < 0.18) & (size > 1) & ~staff
    number_of = rng.permutation(len(words.AREA_CODES) * 10_000)[:n]
    phone = number_of[np.where(household_phone, first_member, np.arange(n))]

    emails = _addresses(rng, np.concatenate([given, given]), np.concatenate([family, family]))
    activity = rng.gamma(1.1, 1 / 1.1, n)
    hazard = 0.0051 * rng.gamma(0.9, 1 / 0.9, n) * (0.5 + 0.5 * activity)
    activity[staff] = 0.2
    hazard[staff] = 0.32 * basis.people / 5_000 / staff_count

    always_guest = (rng.random(n) < 0.14) | staff
    old_account = (rng.random(n) < 0.56) & ~always_guest
    account_at = np.where(old_account, -(rng.integers(30 * DAY, 700 * DAY, n)), NEVER)

    device_count = rng.choice(3, size=n, p=(0.40, 0.42, 0.18)) + 1
    first_device = np.concatenate([[0], np.cumsum(device_count)[:-1]])
    both_sign_in = old_account & old_account[first_member] & (place > 0)
    shares = both_sign_in & (rng.random(n) < 0.75)
    shared_device = np.where(shares, first_device[first_member], -1)

    return People(
        count=n,
        staff=staff,
        household=household,
        place_in_household=place,
        given=given,
        family=family,
        city=city,
        address=address,
        zip=zipcode,
        email=emails[:n],
        second_email=emails[n:],
        has_second=(rng.random(n) < 0.46) & ~staff,
        phone=phone,
        household_phone=household_phone,
        activity=activity,
        hazard=hazard,
        always_guest=always_guest,
        account_at=account_at,
        tracked=rng.random(n) < 0.72,
        first_device=first_device,
        device_count=device_count,
        shared_device=shared_device,
        phone_shy=(rng.random(n) < 0.4) & ~household_phone,
    )


def make_devices(basis: Basis, people: People) -> Devices:
    """Draw their browsers; a shared one is a tablet on which people sign in."""
    rng = basis.rng("devices")
    owner = np.repeat(np.arange(people.count), people.device_count)
    n = len(owner)
    shared = np.zeros(n, dtype=bool)
    shared[people.shared_device[people.shared_device >= 0]] = True
    skewed = rng.random(n) < 0.03
    agent = rng.integers(0, words.FIRST_BOT, n)
    return Devices(
        owner=owner,
        agent=np.where(shared, 6, agent),
        skew=np.where(skewed, rng.integers(-3 * 3_600, 3 * 3_600, n), 0),
        blocks=(rng.random(n) < 0.06) & ~shared,
        advertising=rng.choice(3, size=n, p=(0.70, 0.22, 0.08)),
        analytics=rng.choice(3, size=n, p=(0.90, 0.04, 0.06)),
        ip=rng.integers(0, 1 << 16, people.count)[people.household[owner]],
        signs_in=np.where(shared, 0.75, rng.choice([0.0, 0.5], size=n, p=(0.45, 0.55))),
    )


def _addresses(rng: np.random.Generator, given: Ints, family: Ints) -> pa.Array:
    """One e-mail a row, all different: a rank behind a hyphen parts those that would be equal."""
    n = len(given)
    separator = rng.integers(0, len(words.MAIL_SEPARATORS), n)
    domain = rng.integers(0, len(words.MAIL_DOMAINS), n)
    year = np.where(rng.random(n) < 0.6, rng.integers(55, 100, n), -1)
    local = join(
        pc.utf8_lower(take(words.GIVEN, given)),
        take(words.MAIL_SEPARATORS, separator),
        pc.utf8_lower(take(words.FAMILY, family)),
        either(year >= 0, digits(year), ""),
    )
    rank = ranks(join(local, "@", take(words.MAIL_DOMAINS, domain)))
    local = either(rank > 0, join(local, "-", digits(rank + 1)), local)
    return join(local, "@", take(words.MAIL_DOMAINS, domain))


def ranks(text: pa.Array) -> Ints:
    """0 for the first row that has a text, 1 for the second, and so on."""
    codes = pc.dictionary_encode(text).indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.searchsorted(ordered, ordered)
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes)) - starts
    return rank


def phone_text(phone: Ints, style: Ints | None = None) -> pa.Array:
    """An invented number as people type it. Styles: 0 E.164, 1 (212) 555-0134, 2 212-555-0134, 3 digits only."""
    area = digits(np.array(words.AREA_CODES)[phone // 10_000])
    line = digits(phone % 10_000, 4)
    plain = join("+1", area, "555", line)
    if style is None:
        return plain
    text = either(style == 1, join("(", area, ") 555-", line), plain)
    text = either(style == 2, join(area, "-555-", line), text)
    return either(style == 3, join(area, "555", line), text)
