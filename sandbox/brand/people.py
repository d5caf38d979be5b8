"""Who lives in the world: households, people, their names, homes, e-mails and phones, and how they like to shop.

Everything here is fixed before the first day, also who will move and who will change the phone. Staff are a few further
people at the end of the arrays; the orders they place are the shop's test orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import names, words
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.homes import Homes, make_homes
from sandbox.brand.texts import digits, either, join, take

HOUSEHOLD_SIZES = (0.50, 0.25, 0.15, 0.10)
GIVEN_STEPS = np.array([0, 5, 11, 18])
"""How far apart in their culture's list the given names of a household's members lie."""


@dataclass
class People:
    """Arrays with one entry a person (household columns through ``household``)."""

    count: int
    staff: Bools
    household: Ints
    place_in_household: Ints
    given: Ints
    family: Ints
    born: Ints
    """Days since 1970."""
    twin: Bools
    namesake_of: Ints
    """The person whose full name it is, -1 for most."""
    homes: Homes
    moved_at: Ints
    next_home: Ints
    email: pa.Array
    second_email: pa.Array
    has_second: Bools
    phone: Ints
    next_phone: Ints
    phone_changes_at: Ints
    recycled: Bools
    """Their next phone is one that another person gave up."""
    household_phone: Bools
    activity: Floats
    hazard: Floats
    always_guest: Bools
    account_at: Ints
    tracked: Bools
    first_device: Ints
    device_count: Ints
    shared_device: Ints
    borrows: Bools
    """Use the shared device without an account."""
    phone_shy: Bools

    def home_at(self, person: Ints, at: Ints | int) -> Ints:
        """The row of ``homes`` in which each person lives at a moment."""
        return np.where(self.moved_at[person] <= at, self.next_home[person], self.household[person])

    def phone_at(self, person: Ints, at: Ints | int) -> Ints:
        """Each person's phone at a moment."""
        return np.where(self.phone_changes_at[person] <= at, self.next_phone[person], self.phone[person])

    @property
    def city(self) -> Ints:
        """The city in which each person lives on the first day."""
        return self.homes.city[self.home_at(np.arange(self.count), 0)]


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

    twin = (rng.random(n)[household] < basis.share("twins")) & (place == 1)
    given, family, namesake_of = _name(basis, household, place, size, twin)
    born = _births(rng, household, first_member, place, twin)
    homes = make_homes(basis.rng("homes"), household)
    moves = rng.random(n) < np.where(rng.random(n)[household] < 0.6, 1.0, 0.0)
    chance, moment = rng.random(n), rng.integers(-500 * DAY, basis.end, n)
    # the whole household moves, or one of it
    mover = np.where(moves, first_member, np.arange(n))
    moved_at = np.where((chance[mover] < basis.share("moved_house")) & ~staff, moment[mover], NEVER)

    household_phone = (rng.random(n)[household] < basis.share("shared_phones")) & (size > 1) & ~staff
    numbers = rng.permutation(len(words.AREA_CODES) * 10_000)
    phone = numbers[:n][np.where(household_phone, first_member, np.arange(n))]
    next_phone, phone_changes_at, recycled = _pass_phones_on(basis, phone, ~household_phone & ~staff, numbers[n:])

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
    beside_account = old_account[first_member] & (place > 0)
    chance = rng.random(n)
    shares = beside_account & old_account & (chance < basis.share("shared_laptops"))
    borrows = beside_account & ~old_account & (chance < basis.share("borrowed_laptops"))
    shared_device = np.where(shares | borrows, first_device[first_member], -1)

    return People(
        count=n,
        staff=staff,
        household=household,
        place_in_household=place,
        given=given,
        family=family,
        born=born,
        twin=twin,
        namesake_of=namesake_of,
        homes=homes,
        moved_at=moved_at,
        next_home=n + mover,
        email=emails[:n],
        second_email=emails[n:],
        has_second=(rng.random(n) < basis.share("second_emails")) & ~staff,
        phone=phone,
        next_phone=next_phone,
        phone_changes_at=phone_changes_at,
        recycled=recycled,
        household_phone=household_phone,
        activity=activity,
        hazard=hazard,
        always_guest=always_guest,
        account_at=account_at,
        tracked=rng.random(n) < 0.72,
        first_device=first_device,
        device_count=device_count,
        shared_device=shared_device,
        borrows=borrows,
        phone_shy=(rng.random(n) < 0.4) & ~household_phone,
    )


def _name(basis: Basis, household: Ints, place: Ints, size: Ints, twin: Bools) -> tuple[Ints, Ints, Ints]:
    """Given names, family names, and whose full name each person has by chance. The first of a list are common."""
    rng = basis.rng("names")
    n = len(household)
    culture = rng.choice(len(names.WEIGHTS), size=n, p=names.WEIGHTS)[household]
    start, count = names.GIVEN_FIRST[culture], names.GIVEN_COUNT[culture]
    of_house = (rng.random(n)[household] ** 1.35 * count).astype(np.int64)
    given = start + (of_house + np.where(twin, 1, GIVEN_STEPS[place])) % count
    whose = np.where(rng.random(n) < 0.8, household, np.arange(n))
    family = names.FAMILY_FIRST[culture] + (rng.random(n)[whose] ** 1.8 * names.FAMILY_COUNT[culture]).astype(np.int64)
    other = rng.integers(0, n, n)
    takes = (rng.random(n) < basis.share("namesakes")) & (size == 1) & (household[other] != household)
    takes &= ~takes[other]
    other = np.where(takes, other, np.arange(n))
    return given[other], family[other], np.where(takes, other, -1)


def _births(rng: np.random.Generator, household: Ints, first_member: Ints, place: Ints, twin: Bools) -> Ints:
    """Birth dates in days since 1970: couples are about as old as each other, children 22 to 40 years younger."""
    n = len(household)
    year = 365.25
    eldest = (rng.integers(-int(14 * year), int(31 * year), n))[first_member]
    apart = np.where(place == 1, rng.integers(-2_600, 2_600, n), rng.integers(int(22 * year), int(40 * year), n))
    born = np.where(place == 0, eldest, np.minimum(eldest + apart, int(40 * year) + rng.integers(-900, 0, n)))
    return np.where(twin, eldest, born)


def _pass_phones_on(basis: Basis, phone: Ints, own: Bools, unused: Ints) -> tuple[Ints, Ints, Bools]:
    """Some give up their number for a new one; a stranger gets theirs 45 to 90 days later."""
    rng = basis.rng("recycled phones")
    n = len(phone)
    drawn = rng.permutation(n)
    count = min(int(basis.share("recycled_phones") * n + 0.5), n // 2, len(unused))
    givers, takers = drawn[:count], drawn[n - count :]
    both = own[givers] & own[takers]
    next_phone, changes = phone.copy(), np.full(n, NEVER)
    given_up = rng.integers(-200 * DAY, max(basis.days - 20, 1) * DAY, count)
    waits = rng.integers(45 * DAY, 90 * DAY, count)
    next_phone[givers[both]], changes[givers[both]] = unused[:count][both], given_up[both]
    next_phone[takers[both]], changes[takers[both]] = phone[givers[both]], (given_up + waits)[both]
    recycled = np.zeros(n, dtype=bool)
    recycled[takers[both]] = True
    return next_phone, changes, recycled


def _addresses(rng: np.random.Generator, given: Ints, family: Ints) -> pa.Array:
    """One e-mail a row, all different: a rank behind a hyphen parts those that would be equal."""
    n = len(given)
    separator = rng.integers(0, len(words.MAIL_SEPARATORS), n)
    domain = rng.integers(0, len(words.MAIL_DOMAINS), n)
    year = np.where(rng.random(n) < 0.6, rng.integers(55, 100, n), -1)
    first = take(names.GIVEN_LETTERS, given)
    local = join(
        either(rng.random(n) < 0.2, pc.utf8_slice_codeunits(first, 0, 1), first),
        take(words.MAIL_SEPARATORS, separator),
        take(names.FAMILY_LETTERS, family),
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


def unique_phone_holders(phone: Ints, wants: Bools, preference: Ints) -> Bools:
    """Who holds the phone within a vendor: of those who share one number, the one with the lowest preference."""
    rows = np.flatnonzero(wants)
    order = rows[np.lexsort((preference[rows], phone[rows]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = phone[order][1:] != phone[order][:-1]
    holds = np.zeros(len(phone), dtype=bool)
    holds[order[first]] = True
    return holds
