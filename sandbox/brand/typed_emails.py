"""E-mails as people type them: other case, plus tags, typos, junk, and those that a marketplace masks.

``Typed`` keeps how each came about, which is part of the truth. Shop customers and profiles of the e-mail tool have
unique e-mails within their vendor; where a typo would take somebody else's address, the person gets it right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import Basis, Bools, Ints
from sandbox.brand.people import ranks
from sandbox.brand.texts import either, join, letter_token, take
from sandbox.brand.typed_names import slip

PLAIN, OTHER_CASE, PLUS_TAG, TYPO, JUNK, MASKED, TILL = range(7)
KINDS = ("plain", "other_case", "plus_tag", "typo", "junk", "masked", "till")
SCENARIO_OF_KIND = (None, "other_case", "plus_tags", "email_typos", "junk_emails", "masked_emails", "till_contacts")
PLUS_TAGS = ("+shop", "+news", "+promo")


@dataclass
class Typed:
    """E-mails as typed, how they differ from the person's own, and whether it is the second address."""

    text: pa.Array
    kind: Ints
    second: Bools


def type_emails(basis: Basis, rng: np.random.Generator, own: pa.Array, junk: float = 0.0) -> Typed:
    """Type each address once, with the usual accidents; ``junk`` is the share of those that are no address at all."""
    n = len(own)
    shares = [basis.share(name) for name in ("other_case", "plus_tags", "email_typos")]
    kind = (np.searchsorted(np.cumsum(shares), rng.random(n), side="right") + 1) % 4
    kind[rng.random(n) < junk] = JUNK
    local, domain = _split(own)
    plus = join(local, take(PLUS_TAGS, rng.integers(0, len(PLUS_TAGS), n)), "@", domain)
    text = either(kind == PLUS_TAG, plus, own)
    text = either(kind == TYPO, _typo(rng, local, domain), text)
    shouting = rng.random(n) < 0.3
    text = either(kind == OTHER_CASE, either(shouting, pc.utf8_upper(own), _titled(local, domain)), text)
    text = either(kind == JUNK, take(words.JUNK_EMAILS, rng.integers(0, len(words.JUNK_EMAILS), n)), text)
    return Typed(text, kind, np.zeros(n, dtype=bool))


def make_unique(typed: Typed, own: pa.Array) -> Typed:
    """Without two rows of one address, whatever their case: whoever collides types the own one, plainly."""
    text, kind = typed.text, typed.kind
    while np.any(ranks(pc.utf8_lower(text)) > 0):
        codes = pc.dictionary_encode(pc.utf8_lower(text)).indices.to_numpy()
        twice = np.bincount(codes)[codes] > 1
        if not np.any(twice & (kind != PLAIN)):
            raise AssertionError("two people share one e-mail address within a vendor")
        text, kind = either(twice, own, text), np.where(twice, PLAIN, kind)
    return Typed(text, kind, typed.second)


def _split(address: pa.Array) -> tuple[pa.Array, pa.Array]:
    parts = pc.split_pattern(address, "@")
    return pc.list_element(parts, 0), pc.list_element(parts, 1)


def _titled(local: pa.Array, domain: pa.Array) -> pa.Array:
    return join(pc.utf8_capitalize(local), "@", pc.utf8_capitalize(domain))


def _typo(rng: np.random.Generator, local: pa.Array, domain: pa.Array) -> pa.Array:
    """A character left out or two exchanged in the name, or a slip in the domain."""
    slipped = domain
    for right, wrong in ((".com", ".con"), (".org", ".ogr"), (".net", ".nett")):  # top-level domains that don't exist
        slipped = pc.replace_substring_regex(slipped, f"\\{right}$", wrong)
    in_domain = rng.random(len(local)) < 0.25
    return join(either(in_domain, local, slip(rng, local)), "@", either(in_domain, slipped, domain))


def masked_emails(basis: Basis, person: Ints) -> pa.Array:
    """The address under which a marketplace forwards to each person; it stays the same and tells nothing."""
    token = pc.utf8_lower(letter_token(person, basis.salt("masked e-mails"), 14))
    return join(pc.replace_substring_regex(token, "[-_]", "x"), "@", words.MARKETPLACE_DOMAIN)
