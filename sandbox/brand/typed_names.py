"""Names and birth dates as people type them: short forms, initials, accents left out, slips, other case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import names
from sandbox.brand.basis import Basis, Bools, Ints
from sandbox.brand.people import People
from sandbox.brand.texts import digits, either, join, matrix, take, unmatrix

FULL, NICKNAME, SLIP, OTHER_CASE, INITIAL = range(5)
LOWER, UPPER, INITIALS, PLAIN_LETTERS = 0.05, 0.02, 0.02, 0.35
FORGETS_YEAR = 0.2


@dataclass
class Names:
    """First and last names as typed, and how they differ from the person's own."""

    first: pa.Array
    last: pa.Array
    kind: Ints


def make_names(basis: Basis, rng: np.random.Generator, people: People, person: Ints) -> Names:
    """Type each person's name once."""
    n = len(person)
    given, family = people.given[person], people.family[person]
    chance = rng.random(n)
    kind = np.select([chance < LOWER + UPPER, chance > 1 - INITIALS], [OTHER_CASE, INITIAL], FULL)
    short = names.NICKNAME_COUNT[given]
    nick = names.NICKNAME_FIRST[given] + (rng.random(n) * short).astype(np.int64)
    kind = np.where((kind == FULL) & (short > 0) & (rng.random(n) < basis.share("nicknames")), NICKNAME, kind)
    kind = np.where((kind == FULL) & (rng.random(n) < basis.share("name_typos")), SLIP, kind)
    in_first = rng.random(n) < 0.5

    letters = rng.random(n) < PLAIN_LETTERS
    first = either(letters, take(names.GIVEN_PLAIN, given), take(names.GIVEN, given))
    last = either(letters, take(names.FAMILY_PLAIN, family), take(names.FAMILY, family))
    first = either(kind == INITIAL, join(pc.utf8_slice_codeunits(first, 0, 1), "."), first)
    first = either(kind == NICKNAME, names.NICKNAMES.take(pa.array(np.minimum(nick, len(names.NICKNAMES) - 1))), first)
    slipped = (kind == SLIP) & in_first, (kind == SLIP) & ~in_first
    first = put(first, slipped[0], slip(rng, take(names.GIVEN_PLAIN, given[slipped[0]])))
    last = put(last, slipped[1], slip(rng, take(names.FAMILY_PLAIN, family[slipped[1]])))
    lower = chance < LOWER
    first = either(kind == OTHER_CASE, either(lower, pc.utf8_lower(first), pc.utf8_upper(first)), first)
    last = either(kind == OTHER_CASE, either(lower, pc.utf8_lower(last), pc.utf8_upper(last)), last)
    return Names(first, last, kind)


def slip(rng: np.random.Generator, text: pa.Array) -> pa.Array:
    """A letter behind the first left out, or exchanged with the next. ASCII text of two letters or more."""
    n = len(text)
    if not n:
        return text
    letters, length = matrix(text)
    width = letters.shape[1]
    place = np.minimum(1 + (rng.random(n) * (length - 2)).astype(np.int64), length - 1)
    rows = np.arange(n)
    swapped = letters.copy()
    after = np.minimum(place + 1, length - 1)
    swapped[rows, place], swapped[rows, after] = letters[rows, after], letters[rows, place]
    shift = np.arange(width)[None, :] + (np.arange(width)[None, :] >= place[:, None])
    dropped = np.take_along_axis(letters, np.minimum(shift, width - 1), axis=1)
    drops = (rng.random(n) < 0.5) | (letters[rows, place] == letters[rows, after])
    return either(drops, unmatrix(dropped, length - 1), unmatrix(swapped, length))


def put(text: pa.Array, here: Bools, values: pa.Array) -> pa.Array:
    """``text`` with ``values`` in the rows that are marked."""
    return pc.replace_with_mask(text, pa.array(here), values) if here.any() else text


def type_birth_dates(basis: Basis, rng: np.random.Generator, people: People, person: Ints) -> tuple[pa.Array, Bools]:
    """``1984-05-17``; the year 0000 where it was not told. And which of them are wrong."""
    n = len(person)
    day = people.born[person].astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    month_of = month.astype(np.int64) % 12 + 1
    day_of = (day - month).astype(np.int64) + 1
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    wrong = rng.random(n) < basis.share("birth_date_slips")
    swaps = wrong & (day_of <= 12) & (day_of != month_of)
    tens = np.where(wrong & ~swaps, np.where(year % 100 >= 90, -10, 10), 0)
    year = np.where(rng.random(n) < FORGETS_YEAR, 0, year + tens)
    month_of, day_of = np.where(swaps, day_of, month_of), np.where(swaps, month_of, day_of)
    # a slip in the decade must not make a 29 February that no calendar has
    day_of = np.where(wrong & (month_of == 2), np.minimum(day_of, 28), day_of)
    parts = [(year, 4), (month_of, 2), (day_of, 2)]
    return join(*_dashed(parts)), wrong


def _dashed(parts: list[tuple[Ints, int]]) -> list[pa.Array | str]:
    return [piece for values, width in parts for piece in ("-", digits(values, width))][1:]
