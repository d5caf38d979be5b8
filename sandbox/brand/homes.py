"""Where people live, and how they write it down.

Row h is the first home of household h, row ``households + p`` the one that person p moves to. Some homes are flats:
four of one house share number, street and postcode, and often nobody writes the flat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import Basis, Ints
from sandbox.brand.texts import digits, either, join, take

FLATS_OF_A_HOUSE = 4
FLATS = 0.22
SHORT_STREETS = (("Street", "St"), ("Avenue", "Ave"), ("Lane", "Ln"), ("Drive", "Dr"), ("Road", "Rd"),
                 ("Boulevard", "Blvd"), ("Court", "Ct"), ("Place", "Pl"))  # fmt: skip
PLAIN, SHORT, LOWER, NO_FLAT, SLIP = range(5)
SPELLINGS = (0.45, 0.2, 0.25, 0.1)
"""Of those that are spelled in another way: short, lower case, without the flat, a slip in the street's name."""


@dataclass
class Homes:
    """Columns of homes; ``flat`` is 0 for a house."""

    city: Ints
    number: Ints
    street: Ints
    flat: Ints
    zip_end: Ints

    def zip(self, home: Ints) -> pa.Array:
        """Postcodes, five digits."""
        start = take([place[2] for place in words.CITIES], self.city[home])
        return join(start, digits(self.zip_end[home], 2))

    def city_name(self, home: Ints) -> pa.Array:
        return take([place[0] for place in words.CITIES], self.city[home])

    def province(self, home: Ints) -> pa.Array:
        return take([place[1] for place in words.CITIES], self.city[home])

    def line(self, home: Ints, with_flat: bool = True) -> pa.Array:
        """``412 Oak Street``, or ``412 Oak Street Apt 3``, written in full."""
        street = join(digits(self.number[home]), " ", take(words.STREETS, self.street[home]))
        flat = self.flat[home]
        return either(flat > 0, join(street, " Apt ", digits(flat)), street) if with_flat else street


@dataclass
class Addresses:
    """Addresses as typed, one entry a form filled in, and how each was spelled."""

    line: pa.Array
    city: pa.Array
    province: pa.Array
    zip: pa.Array
    spelling: Ints

    def take(self, rows: Ints) -> Addresses:
        """Some of them, or some of them several times."""
        picked = pa.array(rows)
        line, city, province, postcode = (one.take(picked) for one in (self.line, self.city, self.province, self.zip))
        return Addresses(line, city, province, postcode, self.spelling[rows])


def make_homes(rng: np.random.Generator, household: Ints) -> Homes:
    """Draw a home for each household and one more for each person, who moves to the same city more often than not."""
    n = len(household)
    address = np.arange(n)
    flat = rng.random(n) < FLATS
    address = np.where(flat, address - address % FLATS_OF_A_HOUSE, address)
    city = rng.integers(0, len(words.CITIES), n)[address]
    number, zip_end = rng.integers(1, 2_900, n)[address], rng.integers(1, 100, n)[address]
    street = rng.integers(0, len(words.STREETS), n)[address]
    far = rng.random(n) < 0.3
    new_city = np.where(far, rng.integers(0, len(words.CITIES), n), city[household])
    unit = np.where(flat, 1 + np.arange(n) % FLATS_OF_A_HOUSE, 0)
    return Homes(
        city=np.concatenate([city, new_city]),
        number=np.concatenate([number, rng.integers(1, 2_900, n)]),
        street=np.concatenate([street, rng.integers(0, len(words.STREETS), n)]),
        flat=np.concatenate([unit, np.where(rng.random(n) < FLATS, rng.integers(1, 30, n), 0)]),
        zip_end=np.concatenate([zip_end, rng.integers(1, 100, n)]),
    )


def type_addresses(basis: Basis, rng: np.random.Generator, homes: Homes, home: Ints) -> Addresses:
    """Write each home down once, some in another spelling."""
    n = len(home)
    spelling = rng.choice(4, size=n, p=SPELLINGS) + 1
    spelling = np.where(rng.random(n) < basis.share("address_spellings"), spelling, PLAIN)
    line = homes.line(home)
    short = line
    for whole, part in SHORT_STREETS:
        short = pc.replace_substring_regex(short, f" {whole}( |$)", f" {part}\\1")
    hash_sign = rng.random(n) < 0.5
    short = either(hash_sign, pc.replace_substring(short, " Apt ", " #"), short)
    line = either(spelling == SHORT, short, line)
    line = either(spelling == LOWER, pc.utf8_lower(line), line)
    line = either(spelling == NO_FLAT, homes.line(home, with_flat=False), line)
    # the third letter of the street's name left out
    line = either(spelling == SLIP, pc.replace_substring_regex(line, r"^(\d+ \w\w)\w", r"\1"), line)
    return Addresses(line, homes.city_name(home), homes.province(home), homes.zip(home), spelling)
