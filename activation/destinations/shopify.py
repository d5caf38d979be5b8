"""Shopify: what the shop's staff should know of a customer, as metafields, and the audience and its groups as tags.

    nodes (tags now) -> metafieldsSet (<= 25, all or none) and metafieldsDelete -> tagsAdd, tagsRemove; many a request

Nobody is created: members are known by the ids of their customers, as the source landed them, and of a member with
several customers all are told. Metafields stand in ``$app:<audience>``, which the shop's staff can read and no other
app can write; each has a definition, without which the admin shows none. Tags are ``selvage/<audience>`` and, for
properties called segment or tier, ``selvage/<audience>/<property>/<value>``. customerUpdate is never used: it replaces
all tags, and those of others are not ours. Consent is not touched.

Removal takes away the tags and metafields of this audience. Customers that are not there count as removed. All calls
may be done twice; there are no jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import selvage
from activation.client import Client
from activation.destination import Audience, DestinationError, Member, Outcome, Remember
from activation.shopify import metafields
from activation.shopify.admin import Admin, error_of, failure_of, parts
from activation.shopify.metafields import text_of, type_of

VERSION = selvage.ApiVersion("2026-10", date(2027, 10, 1))  # a version is served for a year
SETTINGS = {"base_url": selvage.REQUIRED, "access_token": selvage.REQUIRED, "api_version": VERSION.name}
BATCH_SIZE = {"add": 100, "update": 100, "remove": 100}
IDENTIFIERS = {"shop": ("shopify_ids",)}
CONTACT_FIELDS: dict[str, tuple[str, ...]] = {}
CAN_REMOVE = True
CLEAR_TEXT = True
TAKES_PROPERTIES = True
MIN_MEMBERS = 0
RESEND_DAYS = 0

TAG_CALLS, PAGE_ROWS = 40, 100
MOST_TAG, CUSTOMER_ID, CUSTOMER = 255, "customer_id", "gid://shopify/Customer/"

_TAGS = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { id tags } } }"
_OWNERS = """query($ids: [ID!]!, $namespace: String!, $key: String!) {
  nodes(ids: $ids) { ... on Customer { id metafield(namespace: $namespace, key: $key) { value } } } }"""
_DEFINITIONS = """query($namespace: String!, $after: String) {
  metafieldDefinitions(ownerType: CUSTOMER, namespace: $namespace, first: 100, after: $after) {
    nodes { key } pageInfo { hasNextPage endCursor } } }"""
_DEFINE = """mutation($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { userErrors { field code } } }"""
_TAGGED = """query($query: String!, $namespace: String!, $key: String!, $after: String) {
  customers(query: $query, first: 100, after: $after) {
    nodes { id metafield(namespace: $namespace, key: $key) { value } } pageInfo { hasNextPage endCursor } } }"""


@dataclass
class Connection:
    """The shop's API, and the keys of this audience's metafields once they are known."""

    admin: Admin
    audience: Audience
    keys: set[str] | None = field(default=None)

    @property
    def namespace(self) -> str:
        return f"$app:{self.audience.name}"

    @property
    def tag(self) -> str:
        return f"selvage/{self.audience.name}"

    def is_own(self, tag: str) -> bool:
        return tag.casefold() == self.tag.casefold() or tag.casefold().startswith(f"{self.tag}/".casefold())


def connect(settings: Mapping[str, str], audience: Audience) -> Connection:
    headers = {"X-Shopify-Access-Token": settings["access_token"], "Content-Type": "application/json"}
    client = Client(settings["base_url"], headers, failure_of=failure_of)
    return Connection(Admin(client, settings["api_version"]), audience)


def add(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Bring metafields and tags of all customers of each member up to date."""
    values = {member.customer_id: {**member.properties, CUSTOMER_ID: member.customer_id} for member in members}
    _define(connection, values.values())
    owners = {member.customer_id: _gids(member.contact.shopify_ids or member.remote_id) for member in members}
    tags = _tags(connection, [gid for gids in owners.values() for gid in gids])
    wanted, empty = dict[str, list[dict[str, str]]](), list[dict[str, str]]()
    for customer_id, gids in owners.items():
        for gid in gids:
            if gid not in tags:
                continue
            place = {"ownerId": gid, "namespace": connection.namespace}
            told = {name: text_of(value) for name, value in values[customer_id].items()}
            wanted[gid] = [
                {**place, "key": name, "type": type_of(values[customer_id][name]), "value": text}
                for name, text in told.items()
                if text
            ]
            empty += [{**place, "key": name} for name, text in told.items() if not text and name in _keys(connection)]
    refused = metafields.set_all(connection.admin, wanted)
    metafields.delete_all(connection.admin, [one for one in empty if one["ownerId"] not in refused])
    changes = {
        gid: _change(connection, tags[gid], _wanted_tags(connection, values[customer_id]))
        for customer_id, gids in owners.items()
        for gid in gids
        if gid in tags and gid not in refused
    }
    refused |= _retag(connection, changes)
    return [_outcome(owners[member.customer_id], tags, refused) for member in members]


update = add


def remove(connection: Connection, members: Sequence[Member], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Take this audience's tags and metafields away, but for customers that were told of somebody else since."""
    owners = {member.customer_id: _gids(member.remote_id or member.contact.shopify_ids) for member in members}
    unknown = {customer_id for customer_id, gids in owners.items() if not gids}
    owners |= _search(connection, unknown) if unknown else {}
    told = _owners(connection, [gid for gids in owners.values() for gid in gids])
    owners = {name: [gid for gid in gids if told.get(gid) in ("", name)] for name, gids in owners.items()}
    tags = _tags(connection, [gid for gids in owners.values() for gid in gids])
    keys = sorted(_keys(connection))
    mine = [{"ownerId": gid, "namespace": connection.namespace, "key": key} for gid in tags for key in keys]
    metafields.delete_all(connection.admin, mine)
    refused = _retag(connection, {gid: _change(connection, found, ()) for gid, found in tags.items()})
    reasons = {name: next((refused[gid] for gid in gids if gid in refused), None) for name, gids in owners.items()}
    return [
        Outcome("rejected", reason)
        if (reason := reasons[member.customer_id])
        else Outcome("acknowledged", remote_id=member.remote_id)
        for member in members
    ]


def resume(connection: Connection, job_id: str, customer_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """There are no jobs: what was under way is told again."""
    return None


def _outcome(gids: Sequence[str], tags: Mapping[str, Any], refused: Mapping[str, str]) -> Outcome:
    """What became of a member: all customers of theirs that there still are must have taken it."""
    there = [gid for gid in gids if gid in tags]
    if not there:
        return Outcome("rejected", "no such customer at Shopify")
    if reason := next((refused[gid] for gid in there if gid in refused), None):
        return Outcome("rejected", reason)
    gone = len(gids) - len(there)
    reason = f"{gone} of {len(gids)} customers are no more" if gone else None
    return Outcome("acknowledged", reason, remote_id=",".join(gid.removeprefix(CUSTOMER) for gid in there))


def _keys(connection: Connection) -> set[str]:
    """The keys of this audience's metafields."""
    if connection.keys is None:
        asked = {"namespace": connection.namespace}
        connection.keys = {str(one["key"]) for one in _pages(connection, _DEFINITIONS, "metafieldDefinitions", asked)}
    return connection.keys


def _define(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Define the metafields of all properties that have a value. Without one yet it is open of which type they are."""
    known = _keys(connection)
    for name, value in {name: value for row in rows for name, value in row.items() if value is not None}.items():
        if name in known:
            continue
        about = {
            "name": f"{name.replace('_', ' ').capitalize()} (Selvage)",
            "namespace": connection.namespace,
            "key": name,
            "type": type_of(value),
            "ownerType": "CUSTOMER",
            "access": {"admin": "MERCHANT_READ", "storefront": "NONE"},
        }
        for is_pinned in (True, False):  # a shop pins a few only; without a pin it is shown further below
            definition = {**about, "pin": is_pinned}
            errors = connection.admin.ask(_DEFINE, {"definition": definition})["metafieldDefinitionCreate"][
                "userErrors"
            ]
            if "PINNED_LIMIT_REACHED" not in {error["code"] for error in errors}:
                break
        if {error["code"] for error in errors} - {"TAKEN"}:  # taken: its answer was lost and the call repeated
            raise DestinationError(f"the metafield {name} cannot be defined: {error_of(errors[0])}")
        known.add(name)


def _tags(connection: Connection, gids: Sequence[str]) -> dict[str, list[str]]:
    """The tags of those customers that there are."""
    found = dict[str, list[str]]()
    for part in parts(sorted(set(gids)), PAGE_ROWS):
        nodes = connection.admin.ask(_TAGS, {"ids": part})["nodes"]
        found |= {str(one["id"]): list(one["tags"]) for one in nodes if one}
    return found


def _owners(connection: Connection, gids: Sequence[str]) -> dict[str, str]:
    """The customer of ours of whom each customer there was told last; those that are not there are left out."""
    found = dict[str, str]()
    for part in parts(sorted(set(gids)), PAGE_ROWS):
        asked = {"ids": part, "namespace": connection.namespace, "key": CUSTOMER_ID}
        nodes = connection.admin.ask(_OWNERS, asked)["nodes"]
        found |= {str(one["id"]): str((one["metafield"] or {}).get("value") or "") for one in nodes if one}
    return found


def _wanted_tags(connection: Connection, properties: Mapping[str, Any]) -> list[str]:
    groups = {name: text_of(value).replace(",", " ").strip() for name, value in properties.items() if _is_group(name)}
    return [connection.tag, *(f"{connection.tag}/{name}/{value}"[:MOST_TAG] for name, value in groups.items() if value)]


def _change(
    connection: Connection, there: Sequence[str], wanted: Sequence[str]
) -> tuple[tuple[str, list[str]], tuple[str, list[str]]]:
    """What to take off and what to put on. Shopify knows a tag by its letters, whatever their case."""
    has, wants = {tag.casefold() for tag in there}, {tag.casefold() for tag in wanted}
    off = [tag for tag in there if connection.is_own(tag) and tag.casefold() not in wants]
    return ("tagsRemove", off), ("tagsAdd", [tag for tag in wanted if tag.casefold() not in has])


def _retag(connection: Connection, changes: Mapping[str, Sequence[tuple[str, list[str]]]]) -> dict[str, str]:
    """Take tags off and put them on; returns who was refused, and why."""
    refused = dict[str, str]()
    calls = [(gid, verb, tags) for gid, steps in changes.items() for verb, tags in steps if tags]
    for part in parts(calls, TAG_CALLS):
        names = ", ".join(f"$i{n}: ID!, $t{n}: [String!]!" for n in range(len(part)))
        steps = " ".join(
            f"c{n}: {verb}(id: $i{n}, tags: $t{n}) {{ userErrors {{ field }} }}" for n, (_, verb, _) in enumerate(part)
        )
        given = {f"{kind}{n}": one for n, (gid, _, tags) in enumerate(part) for kind, one in (("i", gid), ("t", tags))}
        answer = connection.admin.ask(f"mutation({names}) {{ {steps} }}", given)
        for n, (gid, verb, _) in enumerate(part):
            if errors := answer[f"c{n}"]["userErrors"]:
                refused[gid] = f"{verb}: {error_of(errors[0])}"
    return refused


def _search(connection: Connection, customer_ids: set[str]) -> dict[str, list[str]]:
    """The customers that were told under customer ids of which nothing else is known."""
    found = dict[str, list[str]]()
    asked = {"query": f'tag:"{connection.tag}"', "namespace": connection.namespace, "key": CUSTOMER_ID}
    for one in _pages(connection, _TAGGED, "customers", asked):
        if (one["metafield"] or {}).get("value") in customer_ids:
            found.setdefault(one["metafield"]["value"], []).append(one["id"])
    return found


def _pages(connection: Connection, query: str, name: str, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    after = None
    while True:
        page = connection.admin.ask(query, {**asked, "after": after})[name]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _is_group(name: str) -> bool:
    return name.rpartition("_")[2] in ("segment", "tier")


def _gids(ids: str | None) -> list[str]:
    return [f"{CUSTOMER}{one.strip()}" for one in (ids or "").split(",") if one.strip().isdigit()]
