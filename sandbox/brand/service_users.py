"""Whom the help desk believes to be writing: a user per address, phone or log-in, not per person.

Mail comes from a person's first or second address, forms hold what was typed, a call shows a number (a household's
phone is one user, whoever calls), a chat behind the log-in brings the shop's customer id alone. Agents note phones on
users, flag those that several people share, and merge some users of one person: the other one is gone then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import DAY, NEVER, Bools, Ints
from sandbox.brand.people import phone_text
from sandbox.brand.shop import Shop
from sandbox.brand.texts import either, join
from sandbox.brand.typed_emails import PLUS_TAG, TYPO, Typed, type_emails
from sandbox.brand.typed_names import Names, make_names

EMAIL, WEB, CHAT, VOICE = range(4)
MAIN, SECOND, TYPED, CALLER, LOGIN = range(5)
SLOTS = 5


@dataclass
class Users:
    """One entry a user, by user_id; ``slot`` is how it came about."""

    user_id: Ints
    slot: Ints
    person: Ints
    shared: Bools
    created_at: Ints
    email: Typed
    """Null for callers and log-ins."""
    phone: pa.Array
    phone_shared: Bools
    external_at: Ints
    """When it got the shop's customer id, NEVER without one."""
    names: Names
    is_named: Bools
    """Whether the name is the person's; else the help desk made one up of what it knew."""
    merged_at: Ints
    merged_into: Ints
    """Row of the user that took its place, -1 for none."""

    def __len__(self) -> int:
        return len(self.user_id)

    def owner(self, user: Ints, at: Ints) -> Ints:
        """Row of the user that has a user's tickets at a moment."""
        return np.where(self.merged_at[user] <= at, self.merged_into[user], user)


def make_users(shop: Shop, person: Ints, channel: Ints, at: Ints) -> tuple[Users, Ints]:
    """The users behind contacts (one entry a contact), and the row of each contact's user."""
    rng = shop.basis.rng("service users")
    people, n = shop.people, shop.people.count
    typed = type_emails(shop.basis, rng, people.email)
    slips = np.isin(
        typed.kind, (PLUS_TAG, TYPO)
    )  # the help desk writes addresses in lower case: other case is the same
    has_account = shop.accounts.customer_id[:n] >= 0
    account_at = np.where(has_account, people.account_at, NEVER)
    noted = (rng.random(n) < 0.35) & ~people.household_phone
    has_shared = people.household_phone & (rng.random(n) < 0.6)
    linked = has_account & (rng.random(n) < 0.3)

    as_second = people.has_second[person] & (rng.random(len(person)) < 0.35)
    behind_login = (account_at[person] < at) & (rng.random(len(person)) < 0.65)
    slot = np.select(
        [
            (channel == EMAIL) & as_second,
            (channel == WEB) & slips[person],
            (channel == VOICE) & ~noted[person],
            (channel == CHAT) & behind_login & ~linked[person],
        ],
        [SECOND, TYPED, CALLER, LOGIN],
        MAIN,
    )
    number = people.phone_at(person, at)
    key = np.where(slot == CALLER, n + number, person) * SLOTS + slot  # a caller is a number, whoever has it
    keys, user = np.unique(key, return_inverse=True)
    slot, m = keys % SLOTS, len(keys)
    by_time = np.argsort(at, kind="stable")
    first_contact = by_time[np.unique(user[by_time], return_index=True)[1]]
    owner = person[first_contact]  # whoever wrote or called first
    first = np.full(m, NEVER)
    np.minimum.at(first, user, at)
    callers = np.unique(np.stack([user, person]), axis=1)[0]
    shared = np.bincount(callers, minlength=m) > 1

    old = (slot == MAIN) & (rng.random(m) < 0.15)
    created = np.where(old, -rng.integers(30 * DAY, 600 * DAY, m), first - 5)
    rank = np.argsort(np.lexsort((keys, created)))
    email = pc.utf8_lower(
        either(slot == SECOND, people.second_email.take(pa.array(owner)), people.email.take(pa.array(owner)))
    )
    email = either(slot == TYPED, pc.utf8_lower(typed.text.take(pa.array(owner))), email)
    has_email = slot <= TYPED
    knows_phone = (slot == CALLER) | ((slot == MAIN) & (noted | has_shared)[owner])
    known = np.where(slot == CALLER, number[first_contact], people.phone_at(owner, created))
    phone = phone_text(known, np.where(slot == CALLER, 0, rng.integers(0, 3, m)))
    junk = (slot == MAIN) & (rng.random(m) < 0.02)
    phone = either(junk, words.JUNK_PHONES[1], either(knows_phone, phone, None))
    external = np.where(
        (slot == LOGIN) | ((slot == MAIN) & linked[owner]), np.maximum(account_at[owner], created), NEVER
    )
    merged_at, into = _merges(rng, keys, owner * SLOTS, slot, first, shared)
    users = Users(
        user_id=370_000_000 + 17 * rank + rng.integers(0, 17, m),
        slot=slot,
        person=owner,
        shared=shared,
        created_at=created,
        email=Typed(either(has_email, email, None), np.where(slot == TYPED, typed.kind[owner], 0), slot == SECOND),
        phone=phone,
        phone_shared=(slot == MAIN) & (has_shared[owner] | junk),
        external_at=external,
        names=make_names(shop.basis, rng, people, owner),
        is_named=(slot != CALLER) & (rng.random(m) < np.where(slot == LOGIN, 1.0, 0.85)),
        merged_at=merged_at,
        merged_into=into,
    )
    return users, user


def _merges(
    rng: np.random.Generator, keys: Ints, main_key: Ints, slot: Ints, first: Ints, shared: Bools
) -> tuple[Ints, Ints]:
    """Some further users of a person are merged into the first one, days after both are known."""
    main = np.minimum(np.searchsorted(keys, main_key), len(keys) - 1)
    merges = (slot != MAIN) & (keys[main] == main_key) & ~shared & (rng.random(len(keys)) < 0.2)
    known = np.maximum(first, first[main])
    at = np.where(merges, known + rng.integers(3_600, 10 * DAY, len(keys)), NEVER)
    return at, np.where(merges, main, -1)


def made_up_names(users: Users, rows: Ints) -> pa.Array:
    """Names as the help desk shows them: first and last, a caller's number, or what stands before the @."""
    picked = pa.array(rows)
    given, family = users.names.first.take(picked), users.names.last.take(picked)
    local = pc.list_element(pc.split_pattern(pc.fill_null(users.email.text.take(picked), "visitor@"), "@"), 0)
    name = either(users.is_named[rows], join(given, " ", family), local)
    return either(users.slot[rows] == CALLER, join("Caller ", pc.fill_null(users.phone.take(picked), "")), name)
