"""Zendesk's users, tickets, comments and ratings as tables, in versions.

``updated_at`` is when a version came to be, which the help desk's exports call generated: closing a ticket and moving
it to a merged user are the system's doing and leave ``touched_at``, the date that people see, where it was. A comment
keeps the author it had; its text is not stored, the vendor makes one up.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, NEVER, Bools, Ints
from sandbox.brand.scenario_truth import person_ids
from sandbox.brand.service import AGENTS, REASONS, Service
from sandbox.brand.service_users import CALLER, CHAT, made_up_names
from sandbox.brand.shop import Table
from sandbox.brand.texts import digits, either, join, masked, stamps, take
from sandbox.brand.typed_emails import KINDS
from sandbox.brand.versions import number_versions

CHANNELS = ("email", "web", "native_messaging", "voice")
NEW, OPEN, PENDING, SOLVED, CLOSED, DELETED = range(6)
STATUSES = ("new", "open", "pending", "solved", "closed", "deleted")
AGENT_IDS = 361_000_000 + 91 * np.arange(1, AGENTS + 1)
AGENT_NAMES = ("Robin", "Sasha", "Jules", "Noor", "Kim", "Alex")
SYSTEM = -1
PRIVATE = np.array([False, True, False, False, False, False, False, True])


def service_tables(service: Service) -> dict[str, Table]:
    """All tables of the help desk, by name."""
    return {
        "zendesk_users": _users(service),
        "zendesk_tickets": _tickets(service),
        "zendesk_comments": _comments(service),
        "zendesk_ratings": _ratings(service),
    }


def _users(service: Service) -> Table:
    """Agents first; then end users, whom merges give the addresses of those that are gone."""
    users, shop = service.users, service.shop
    every, losers = np.arange(len(users)), np.flatnonzero(users.merged_into >= 0)
    versions = number_versions(
        [
            (every, users.created_at),
            (every, np.where(users.external_at < users.merged_at, users.external_at, NEVER)),
            (every, users.merged_at),
            (users.merged_into[losers], users.merged_at[losers]),
        ],
        service.basis.end,
    )
    u, at = versions.thing, versions.at
    taken_over: dict[int, list[int]] = {}
    for loser in losers.tolist():
        taken_over.setdefault(int(users.merged_into[loser]), []).append(loser)
    gained = [
        [one for one in taken_over.get(user, ()) if users.merged_at[one] <= moment]
        for user, moment in zip(u.tolist(), at.tolist(), strict=True)
    ]
    email, phone = users.email.text.to_pylist(), users.phone.to_pylist()
    further = [[email[one] for one in found if email[one]] for found in gained]
    numbers = [[phone[one] for one in found if users.slot[one] == CALLER] for found in gained]
    rows = pa.array(u)
    external = either(users.external_at[u] <= at, shop.accounts.id_text(users.person[u]), None)
    agents, n = len(AGENT_IDS), len(u)
    born = stamps(np.full(agents, -700 * DAY))
    none = pa.nulls(agents, pa.string())
    return {
        "user_id": np.concatenate([AGENT_IDS, users.user_id[u]]),
        "version": np.concatenate([np.ones(agents, np.int64), versions.number]),
        "updated_at": pa.concat_arrays([born, stamps(at)]),
        "revealed_at": pa.concat_arrays([born, stamps(at)]),
        "created_at": pa.concat_arrays([born, stamps(users.created_at[u])]),
        "name": pa.concat_arrays([pa.array(AGENT_NAMES), _flat(made_up_names(users, u))]),
        "email": pa.concat_arrays([_flat(join("agent", digits(np.arange(agents)), "@help.example.com")),
                                   _flat(users.email.text.take(rows))]),
        "further_emails": pa.array([[]] * agents + further, pa.list_(pa.string())),
        "phone": pa.concat_arrays([none, _flat(users.phone.take(rows))]),
        "further_phones": pa.array([[]] * agents + numbers, pa.list_(pa.string())),
        "shared_phone_number": np.concatenate([np.zeros(agents, bool), users.phone_shared[u]]),
        "external_id": pa.concat_arrays([none, _flat(external)]),
        "role": take(("end-user", "agent", "admin"), np.concatenate([[2], np.ones(agents - 1), np.zeros(n)])),
        "is_gone": np.concatenate([np.zeros(agents, bool), users.merged_at[u] <= at]),
    }  # fmt: skip


def _tickets(service: Service) -> Table:
    tickets, users, orders = service.tickets, service.users, service.shop.orders
    every = np.arange(len(tickets))
    moved_at = users.merged_at[tickets.user]
    moved_at = np.where((moved_at > tickets.created_at) & (moved_at < tickets.deleted_at), moved_at, NEVER)
    seen = (
        tickets.created_at, tickets.noted_at, tickets.replied_at, tickets.asked_at, tickets.answered_at,
        tickets.solved_at, tickets.reopened_at, tickets.last_reply_at, tickets.solved_again_at, tickets.deleted_at,
        tickets.rated_at,
    )  # fmt: skip
    moments = [*seen, tickets.closed_at, moved_at]
    versions = number_versions([(every, at) for at in moments], service.basis.end)
    t, at = versions.thing, versions.at
    touched = np.full(len(t), np.iinfo(np.int64).min)
    for moment in seen:
        touched = np.maximum(touched, np.where(moment[t] <= at, moment[t], touched))

    def reached(moment: Ints) -> Bools:
        found: Bools = moment[t] <= at
        return found

    status = np.select(
        [
            reached(tickets.deleted_at), reached(tickets.closed_at), reached(tickets.solved_again_at),
            reached(tickets.last_reply_at), reached(tickets.reopened_at), reached(tickets.solved_at),
            reached(tickets.answered_at), reached(tickets.asked_at), reached(tickets.replied_at),
        ],
        [np.full(len(t), one) for one in (DELETED, CLOSED, SOLVED, PENDING, OPEN, SOLVED, PENDING, OPEN, PENDING)],
        NEW,
    )  # fmt: skip
    solved = np.where(reached(tickets.solved_again_at), tickets.solved_again_at[t], tickets.solved_at[t])
    rng = service.basis.rng("service orders")
    n = len(tickets)
    knows = (tickets.order >= 0) & (rng.random(n) < 0.7)
    says = (tickets.order >= 0) & (rng.random(n) < 0.6)
    number = digits(orders.number[np.maximum(tickets.order, 0)])
    with_sign = rng.random(n) < 0.6
    rows = pa.array(t)
    return {
        "ticket_id": tickets.ticket_id[t],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "touched_at": stamps(touched),
        "created_at": stamps(tickets.created_at[t]),
        "requester_id": users.user_id[users.owner(tickets.user[t], at)],
        "assignee_id": masked(AGENT_IDS[tickets.agent[t]], reached(tickets.replied_at)),
        "channel": take(CHANNELS, tickets.channel[t]),
        "status": take(STATUSES, status),
        "priority": take((None, "normal", "high"), np.where(tickets.contact[t] > 0, 2, tickets.ticket_id[t] % 2)),
        "type": take(("question", "problem"), (tickets.reason[t] == 1).astype(np.int64)),
        "reason": take(REASONS, tickets.reason[t]),
        "order_field": either(knows, either(with_sign, join("#", number), number), None).take(rows),
        "order_in_subject": either(says, number, None).take(rows),
        "reopens": reached(tickets.reopened_at).astype(np.int64),
        "replies": sum(reached(one).astype(np.int64)
                       for one in (tickets.replied_at, tickets.answered_at, tickets.last_reply_at)),
        "reply_minutes": masked((tickets.replied_at - tickets.created_at)[t] // 60, reached(tickets.replied_at)),
        "solved_at": stamps(solved, solved <= at),
        "score": take(("bad", "good"), np.where(reached(tickets.rated_at), tickets.is_good[t], -1)),
    }  # fmt: skip


def _comments(service: Service) -> Table:
    """One row a comment; private are the agents' notes and the transcripts that the system adds to chats."""
    tickets, users = service.tickets, service.users
    transcript = np.where((tickets.channel == CHAT) & (tickets.end_at < NEVER), tickets.end_at + 1, NEVER)
    moments = (
        tickets.created_at, tickets.noted_at, tickets.replied_at, tickets.asked_at, tickets.answered_at,
        tickets.reopened_at, tickets.last_reply_at, transcript,
    )  # fmt: skip
    is_customer = np.array([True, False, False, True, False, True, False, False])
    ticket = np.tile(np.arange(len(tickets)), len(moments))
    kind = np.repeat(np.arange(len(moments)), len(tickets))
    at = np.concatenate(moments)
    there = np.flatnonzero(at < service.basis.end)
    there = there[np.lexsort((ticket[there], kind[there], at[there]))]
    ticket, kind, at = ticket[there], kind[there], at[there]
    asker = users.user_id[users.owner(tickets.user[ticket], at)]
    author = np.where(is_customer[kind], asker, AGENT_IDS[tickets.agent[ticket]])
    return {
        "comment_id": 26_000_000_000 + 7 * np.arange(len(at)),
        "revealed_at": stamps(at),
        "created_at": stamps(at),
        "ticket_id": tickets.ticket_id[ticket],
        "author_id": np.where(kind == len(moments) - 1, SYSTEM, author),
        "channel": take(CHANNELS, tickets.channel[ticket]),
        "public": ~PRIVATE[kind],
        "kind": kind,
    }


def _ratings(service: Service) -> Table:
    """Offered to most who were helped, answered by some: the answer is a new version of the offer."""
    tickets, users = service.tickets, service.users
    every = np.arange(len(tickets))
    versions = number_versions([(every, tickets.offered_at), (every, tickets.rated_at)], service.basis.end)
    t, at = versions.thing, versions.at
    rated = tickets.rated_at[t] <= at
    return {
        "rating_id": 9_100_000 + 3 * t,
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(tickets.offered_at[t]),
        "ticket_id": tickets.ticket_id[t],
        "requester_id": users.user_id[users.owner(tickets.user[t], at)],
        "assignee_id": AGENT_IDS[tickets.agent[t]],
        "score": take(("offered", "bad", "good"), np.where(rated, 1 + tickets.is_good[t], 0)),
        "has_comment": rated & tickets.has_comment[t],
    }


def service_owners(service: Service) -> Table:
    """Rows of ``record_owners``: every end user; a household's caller is whoever of them called first."""
    users = service.users
    seen = np.flatnonzero(users.created_at < service.basis.end)
    return {
        "source_system": take(["zendesk"], np.zeros(len(seen), np.int64)),
        "source_record_id": digits(users.user_id[seen]),
        "record_type": take(["end_user"], np.zeros(len(seen), np.int64)),
        "person_id": person_ids(users.person[seen]),
        "is_shared": users.shared[seen],
    }


def service_emails(service: Service) -> Table:
    """Rows of ``record_emails``: the address that each user began with."""
    users = service.users
    seen = np.flatnonzero(users.email.text.is_valid().to_numpy(zero_copy_only=False))
    return {
        "source_system": take(["zendesk"], np.zeros(len(seen), np.int64)),
        "source_record_id": digits(users.user_id[seen]),
        "person_id": person_ids(users.person[seen]),
        "email": users.email.text.take(pa.array(seen)),
        "typed_as": take(KINDS, users.email.kind[seen]),
        "is_second": users.email.second[seen],
    }


def _flat(text: pa.Array | pa.ChunkedArray) -> pa.Array:
    return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
