"""Klaviyo's tables: profiles in versions, metrics, lists, campaigns, and the events of every e-mail.

Events arrive a little after they happen; two in a hundred arrive hours or days later, and a few carry a moment in the
future, as a device with a wrong clock or a careless import makes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.app import PUSH_HOUR, Pushes
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.customers import Accounts
from sandbox.brand.homes import Addresses, type_addresses
from sandbox.brand.orders import Orders
from sandbox.brand.people import People, phone_text, unique_phone_holders
from sandbox.brand.subscribers import NAMES, SEND_HOUR, Mailings, Subscribers
from sandbox.brand.texts import digits, either, flat, join, letter_token, stamps, take, ulid
from sandbox.brand.typed_emails import Typed, make_unique, type_emails
from sandbox.brand.typed_names import Names, make_names
from sandbox.brand.versions import number_versions

METRICS = (
    "Received Email", "Opened Email", "Clicked Email", "Bounced Email", "Unsubscribed from Email Marketing",
    "Subscribed to Email Marketing", "Placed Order", "Received Push", "Opened Push",
)  # fmt: skip
RECEIVED, OPENED, CLICKED, BOUNCED, LEFT, JOINED, PLACED, SHOWN, TAPPED = range(len(METRICS))
METRIC_IDS = ("UwRecv", "UwOpen", "UwClck", "UwBnce", "UwUnsb", "UwSubs", "UwPlcd", "UwPshR", "UwPshO")
LISTS = (("Rn7Lst", "Newsletter"), ("Rn8Lst", "Preview list"), ("Rn9Lst", "SMS club"))

Table = dict[str, object]


@dataclass
class Profiles:
    """Per possible profile (2 x people): id, e-mail, names, address, phone, SMS consent."""

    profile_id: pa.Array
    email: Typed
    names: Names
    address: Addresses
    phone: Ints
    has_phone: Bools
    external: Bools
    sms_at: Ints


def campaign_slugs(mailings: Mailings) -> pa.Array:
    """Name of each e-mail campaign, as in its UTM."""
    days = mailings.campaign_day
    month = np.array(["mar", "apr", "may", "jun", "jul", "later"])[np.minimum(days // 31, 5)]
    names = [name.lower().replace(" ", "_") for name in NAMES]
    return join("em_", pa.array(month), "_", digits(days, 3), "_", take(names, np.arange(len(days)) % len(NAMES)))


def make_profiles(basis: Basis, people: People, subscribers: Subscribers, accounts: Accounts) -> Profiles:
    """Give every possible profile its identity in the e-mail tool."""
    rng = basis.rng("profiles")
    n = people.count
    own = pa.concat_arrays([flat(people.email), flat(people.second_email)])
    typed = type_emails(basis, rng, own)
    has_account = accounts.customer_id >= 0
    text = either(has_account, accounts.email.text, typed.text)
    kind = np.where(has_account, accounts.email.kind, typed.kind)
    email = make_unique(Typed(text, kind, np.arange(2 * n) >= n), own)
    main_exists = subscribers.exists[:n]
    wants = main_exists & (rng.random(n) < np.where(people.household_phone, 0.8, 0.25)) & ~people.phone_shy
    # of a household's phone, the shop has one member's record and the e-mail tool prefers another's
    every = np.concatenate([np.arange(n), np.arange(n)])
    phone = people.phone_at(every, subscribers.created_at)
    holds = unique_phone_holders(phone[:n], wants, np.where(accounts.has_phone[:n], 9, 0) - people.place_in_household)
    has_phone = np.concatenate([holds, np.zeros(n, dtype=bool)])
    return Profiles(
        profile_id=ulid(np.arange(2 * n), basis.salt("profiles")),
        email=email,
        names=make_names(basis, rng, people, every),
        address=type_addresses(basis, rng, people.homes, people.home_at(every, subscribers.created_at)),
        phone=phone,
        has_phone=has_phone,
        external=has_account & (np.concatenate([rng.random(n), np.zeros(n)]) < 0.88),
        sms_at=np.where(has_phone & (rng.random(2 * n) < 0.4), subscribers.created_at, NEVER),
    )


def profile_table(
    basis: Basis, subscribers: Subscribers, accounts: Accounts, profiles: Profiles, pushes: Pushes
) -> Table:
    """Table klaviyo_profiles."""
    rng = basis.rng("profile versions")
    row = np.flatnonzero(subscribers.created_at < basis.end)
    created = subscribers.created_at
    touched = np.maximum(created, -rng.integers(3_600, 50 * DAY, len(created)))
    second_at = np.maximum(accounts.created_at, created) + 300
    second = np.arange(len(created)) >= subscribers.count
    linked = np.where(profiles.external, np.where(second, second_at, subscribers.linked_at), NEVER)

    def later(at: Ints) -> tuple[Ints, Ints]:
        return row, np.where(at > touched, at, NEVER)[row]

    # a phone belongs to a person's main profile
    push_at, no_push_at = (np.append(at, np.full(len(at), NEVER)) for at in (pushes.agreed_at, pushes.refused_at))
    changes = [
        subscribers.subscribed_at,
        subscribers.unsubscribed_at,
        subscribers.bounced_at,
        linked,
        push_at,
        no_push_at,
    ]
    versions = number_versions([(row, touched[row]), *(later(at) for at in changes)], basis.end)
    k, at = versions.thing, versions.at
    consent = np.where(subscribers.unsubscribed_at[k] <= at, 1, np.where(subscribers.subscribed_at[k] <= at, 0, 2))
    consent_at = np.choose(
        consent, [subscribers.subscribed_at[k], subscribers.unsubscribed_at[k], np.full(len(k), NEVER)]
    )
    bounced = subscribers.bounced_at[k] <= at
    push = np.where(no_push_at[k] <= at, 1, np.where(push_at[k] <= at, 0, 2))
    sms = np.where(profiles.sms_at[k] <= at, 0, 2)
    has_link = linked[k] <= at
    full = ~second[k] | (rng.random(len(created))[k] < 0.5)
    knows_street = full & (rng.random(len(created))[k] < 0.6)
    states = ("SUBSCRIBED", "UNSUBSCRIBED", "NEVER_SUBSCRIBED")
    rows = pa.array(k)
    address = profiles.address
    return {
        "profile_id": profiles.profile_id.take(rows),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(np.where(versions.number == 1, created[k], at)),
        "created": stamps(created[k]),
        "updated": stamps(at),
        "email": profiles.email.text.take(rows),
        "phone_number": either(profiles.has_phone[k], phone_text(profiles.phone[k]), None),
        "external_id": accounts.id_text(np.where(has_link, k, -1)),
        "first_name": either(full, profiles.names.first.take(rows), None),
        "last_name": either(full, profiles.names.last.take(rows), None),
        "address1": either(knows_street, address.line.take(rows), None),
        "city": either(full, address.city.take(rows), None),
        "region": either(full, address.province.take(rows), None),
        "country": take(["United States"], np.zeros(len(k), np.int64)),
        "zip": either(full, address.zip.take(rows), None),
        "email_consent": take(states, consent),
        "email_consent_at": stamps(consent_at),
        "sms_consent": take(states, sms),
        "sms_consent_at": stamps(profiles.sms_at[k], sms == 0),
        "push_consent": take(states, push),
        "push_consent_at": stamps(np.where(push == 1, no_push_at[k], push_at[k]), push < 2),
        "suppression": take(["HARD_BOUNCE"], np.where(bounced, 0, -1)),
        "suppression_at": stamps(subscribers.bounced_at[k], bounced),
    }


def message_tables(
    basis: Basis,
    subscribers: Subscribers,
    mailings: Mailings,
    profiles: Profiles,
    orders: Orders,
    pushes: Pushes,
) -> dict[str, Table]:
    """Tables klaviyo_metrics, klaviyo_lists, klaviyo_campaigns and klaviyo_events."""
    slugs = campaign_slugs(mailings)
    sent_at = np.append(mailings.campaign_day * DAY + SEND_HOUR * 3_600, pushes.days * DAY + PUSH_HOUR * 3_600)
    every = np.arange(len(sent_at))
    campaign_ids = ulid(every, basis.salt("campaigns"))
    old = stamps(np.full(len(METRICS), -300 * DAY))
    list_old = stamps(np.full(len(LISTS), -300 * DAY))
    return {
        "klaviyo_metrics": {
            "metric_id": pa.array(METRIC_IDS),
            "name": pa.array(METRICS),
            "integration_name": pa.array(
                ["Shopify" if metric == PLACED else "Klaviyo" for metric in range(len(METRICS))]
            ),
            "created": old,
            "updated": old,
            "revealed_at": old,
        },
        "klaviyo_lists": {
            "list_id": pa.array([pair[0] for pair in LISTS]),
            "name": pa.array([pair[1] for pair in LISTS]),
            "opt_in_process": pa.array(["single_opt_in"] * len(LISTS)),
            "created": list_old,
            "updated": list_old,
            "revealed_at": list_old,
        },
        "klaviyo_campaigns": {
            "campaign_id": campaign_ids,
            "version": np.ones(len(every), dtype=np.int64),
            "name": pa.concat_arrays([flat(slugs), flat(pushes.slugs)]),
            "channel": take(["email", "mobile_push"], (every >= mailings.campaigns).astype(np.int64)),
            "status": take(["Sent"], every * 0),
            "message_id": ulid(every, basis.salt("campaign messages")),
            "send_time": stamps(sent_at),
            "scheduled_at": stamps(sent_at - 3 * 3_600),
            "created_at": stamps(sent_at - DAY),
            "updated_at": stamps(sent_at + 1_800),
            "revealed_at": stamps(sent_at + 1_800),
        },
        "klaviyo_events": _with_pushes(
            basis,
            _events(basis, subscribers, mailings, profiles, orders, slugs, campaign_ids),
            mailings,
            profiles,
            pushes,
        ),
    }


def _events(
    basis: Basis,
    subscribers: Subscribers,
    mailings: Mailings,
    profiles: Profiles,
    orders: Orders,
    slugs: pa.Array,
    campaign_ids: pa.Array,
) -> Table:
    rng = basis.rng("klaviyo events")
    profile, campaign = mailings.column("profile"), mailings.column("campaign")
    parts: list[tuple[Ints, Ints, Ints, int, Ints]] = []
    kinds = (
        (RECEIVED, "received_at"),
        (OPENED, "opened_at"),
        (CLICKED, "clicked_at"),
        (BOUNCED, "bounced_at"),
        (LEFT, "left_at"),
    )
    for code, name in kinds:
        moment = mailings.column(name)
        here = np.flatnonzero(moment < NEVER)
        parts.append((profile[here], campaign[here], moment[here], code, here * 0 - 1))
    joined = np.flatnonzero((subscribers.subscribed_at >= 0) & (subscribers.subscribed_at < basis.end))
    parts.append((joined, joined * 0 - 1, subscribers.subscribed_at[joined], JOINED, joined * 0 - 1))
    placed = np.flatnonzero(~orders.guest & ~orders.test & (subscribers.created_at[orders.person] <= orders.created_at))
    parts.append((orders.person[placed], placed * 0 - 1, orders.created_at[placed] + 4, PLACED, placed))
    profile, campaign, at, order = (np.concatenate([np.asarray(part[k]) for part in parts]) for k in (0, 1, 2, 4))
    metric = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
    n = len(at)
    late = rng.random(n) < 0.02
    revealed = at + np.where(late, rng.integers(600, 2 * DAY, n), rng.integers(1, 45, n))
    future = rng.choice(n, size=max(2, n // 40_000), replace=False)
    at[future] += rng.integers(40, 400, len(future)) * DAY
    by_time = np.lexsort((profile, metric, revealed))
    profile, campaign, at, metric, order = (x[by_time] for x in (profile, campaign, at, metric, order))
    revealed = revealed[by_time]
    clicked = metric == CLICKED
    rows = np.arange(n)
    url = join(words.SHOP, "/collections/new?utm_source=klaviyo&utm_medium=email&utm_campaign=", take(slugs, campaign))
    value = np.where(order >= 0, orders.total[order], 0)
    return {
        "event_id": letter_token(rows, basis.salt("event ids"), 11),
        "metric_id": take(METRIC_IDS, metric),
        "profile_id": profiles.profile_id.take(pa.array(profile)),
        "datetime": stamps(at),
        "revealed_at": stamps(revealed),
        "campaign_id": take(campaign_ids, campaign),
        "campaign_name": take(slugs, campaign),
        "message_id": take(ulid(np.arange(mailings.campaigns), basis.salt("campaign messages")), campaign),
        "url": either(clicked, url, None),
        "value_cents": pa.array(value, mask=order < 0),
        "order_id": either(order >= 0, digits(orders.order_id[order]), None),
    }


def _with_pushes(basis: Basis, events: Table, mailings: Mailings, profiles: Profiles, pushes: Pushes) -> Table:
    """The events with those of notifications behind them, whose campaigns are numbered behind the e-mails'."""
    opened = np.flatnonzero(pushes.opened)
    row = np.concatenate([np.arange(len(pushes.person)), opened])
    metric = np.repeat([SHOWN, TAPPED], [len(pushes.person), len(opened)])
    at = np.where(metric == SHOWN, pushes.received_at[row], pushes.opened_at[row])
    campaign, none = mailings.campaigns + pushes.campaign[row], pa.nulls(len(row))
    first = len(events["event_id"])  # type: ignore[arg-type]
    own: Table = {
        "event_id": letter_token(first + np.arange(len(row)), basis.salt("event ids"), 11),
        "metric_id": take(METRIC_IDS, metric),
        "profile_id": profiles.profile_id.take(pa.array(pushes.person[row])),
        "datetime": stamps(at),
        "revealed_at": stamps(at + 1 + row % 40),
        "campaign_id": ulid(campaign, basis.salt("campaigns")),
        "campaign_name": flat(pushes.slugs).take(pa.array(pushes.campaign[row])),
        "message_id": ulid(campaign, basis.salt("campaign messages")),
        "url": none.cast(pa.string()),
        "value_cents": none.cast(pa.int64()),
        "order_id": none.cast(pa.string()),
    }
    return {name: pa.concat_arrays([flat(values), flat(own[name])]) for name, values in events.items()}
